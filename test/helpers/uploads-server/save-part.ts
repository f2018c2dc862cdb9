import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { type ApiError, apiError } from './api-error.ts';
import type { ServerProfile } from './server-profile.ts';

const maxPartBytes = 64 * 1024 * 1024;

interface PartUpload {
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
  readonly path: string;
  readonly profile: Pick<ServerProfile, 'isStrict' | 'dropsNamelessParts'>;
}

interface Parsing {
  readonly parser: BusboyInstance;
  refusal: ApiError | null;
  /** The number of bytes written, once the file is on disk. */
  saved: Promise<number> | null;
}

/**
 * Writes the bytes of a multipart body's one `data` field to a new file as they arrive, and returns
 * their number. Rejects, with nothing left on disk, when the body breaks a rule of the API or ends
 * early.
 */
export async function savePart({ headers, body, path, profile }: PartUpload): Promise<number> {
  const stopWriting = new AbortController();
  const parsing: Parsing = { parser: createParser(headers), refusal: null, saved: null };
  watch(parsing, profile, (file) => writeFile(file, path, stopWriting.signal));
  try {
    await feed(parsing, body);
    const bytes = await parsing.saved;
    if (parsing.refusal) throw parsing.refusal;
    if (bytes === null) throw malformed("has no field 'data'");
    if (bytes === 0) throw apiError(400, 'The part is empty.', { param: 'data', code: 'empty_part' });
    return bytes;
  } catch (error) {
    const refusal = parsing.refusal ?? error;
    stopWriting.abort();
    await parsing.saved?.catch(() => {});
    await rm(path, { force: true });
    throw refusal;
  }
}

function createParser(headers: IncomingHttpHeaders): BusboyInstance {
  const contentType = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw apiError(415, `A part must be multipart/form-data, not '${contentType}'.`, {
      code: 'unsupported_content_type',
    });
  }
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { fileSize: maxPartBytes, parts: 1 },
      // Without this, a field without a filename would be collected in memory.
      isPartAFile: () => true,
      fileHwm: 256 * 1024,
    });
  } catch {
    throw malformed('has no boundary in its Content-Type');
  }
}

function watch(
  parsing: Parsing,
  profile: PartUpload['profile'],
  save: (file: BusboyFileStream) => Promise<number>,
): void {
  const { parser } = parsing;
  const refuse = (refusal: ApiError) => {
    parsing.refusal ??= refusal;
  };
  parser.on('file', (name, file, filename, _encoding, mimeType) => {
    const refusal = refusalOf({ name, filename, mimeType }, profile);
    file.once('limit', () => refuse(tooLarge()));
    parsing.saved = refusal ? discard(file) : save(file);
    if (refusal) refuse(refusal);
    parsing.saved.catch((error: unknown) => {
      // The disk may be full, for example. The parser would wait forever for the file to be read
      // on.
      refuse(apiError(500, `The part could not be stored: ${String(error)}`));
      parser.emit('error', error);
    });
  });
  parser.on('partsLimit', () => refuse(malformed("has more than the field 'data'")));
  parser.on('error', () => refuse(malformed('is cut off or broken')));
}

async function feed(parsing: Parsing, body: AsyncIterable<Buffer>): Promise<void> {
  const { parser } = parsing;
  for await (const chunk of body) {
    if (!parser.write(chunk)) await eventOrError(parser, 'drain');
    // What follows a refusal is not worth parsing. handleRequest reads the rest of the body to its
    // end.
    if (parsing.refusal) throw parsing.refusal;
  }
  const finished = eventOrError(parser, 'finish');
  parser.end();
  await finished;
}

/**
 * Resolves on the event or on an error, because after an error the parser neither drains nor
 * finishes.
 */
function eventOrError(parser: BusboyInstance, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      parser.off(event, settle).off('error', settle);
      resolve();
    };
    parser.on(event, settle).on('error', settle);
  });
}

function refusalOf(
  {
    name,
    filename,
    mimeType,
  }: { readonly name?: string; readonly filename: string; readonly mimeType: string },
  { isStrict, dropsNamelessParts }: PartUpload['profile'],
): ApiError | null {
  if (name !== 'data') return unknownField(name);
  if (!filename && dropsNamelessParts) return malformed("has no field 'data'");
  if (!isStrict) return null;
  if (!filename) return apiError(400, "The field 'data' must have a filename.", { param: 'data' });
  if (mimeType === 'application/octet-stream') return null;
  return apiError(400, "The field 'data' must say Content-Type: application/octet-stream.", {
    param: 'data',
  });
}

async function writeFile(file: BusboyFileStream, path: string, signal: AbortSignal): Promise<number> {
  const destination = createWriteStream(path, { flags: 'wx', highWaterMark: 1024 * 1024 });
  try {
    await pipeline(file, destination, { signal });
  } finally {
    // If it is aborted while it opens the file, the file appears a little later, too late to be
    // removed.
    if (!destination.closed) await once(destination, 'close');
  }
  return destination.bytesWritten;
}

async function discard(file: BusboyFileStream): Promise<number> {
  file.on('error', () => {});
  file.resume();
  return 0;
}

function unknownField(name: string | undefined): ApiError {
  const param = name ?? '';
  return apiError(400, `'${param}' is not a field of this call; send 'data'.`, {
    param,
    code: 'unknown_parameter',
  });
}

function malformed(problem: string): ApiError {
  return apiError(400, `The multipart body ${problem}.`, { param: 'data', code: 'invalid_multipart' });
}

function tooLarge(): ApiError {
  return apiError(413, `The part is over ${maxPartBytes} bytes.`, { param: 'data', code: 'part_too_large' });
}
