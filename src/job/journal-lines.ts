import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { systemCode } from '../model/errors.ts';
import { AT_ONCE, assertKind, assertOwner, openPatiently } from '../model/file-access.ts';
import { untilAborted } from '../model/signals.ts';

/** Every line of a journal begins with this field. */
export const START = '{"v":1,';
const NEWLINE = 0x0a;
/** More zeros at the beginning than a lost first line can leave. They belong to another file. */
const MAX_ZEROS = 1024 * 1024;

/** A line, or with `isWhole` false what follows the last one. */
interface JournalLine {
  readonly text: string;
  readonly offset: number;
  readonly isWhole: boolean;
}

interface Reading {
  /** Another user's file is not the one. */
  readonly isSaved: boolean;
  /** Ends the reading: a journal may be very long, or on a disk that does not answer. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the error to throw for a file that cannot be read. */
  readonly toError: (cause: unknown) => Error;
}

/**
 * Opens a file that somebody else may have put there, or a link to it, without waiting for the other
 * end of a pipe. One that is created has the mode 0600.
 * @throws system errors; one with the code `WRONG_KIND`
 */
export async function openRegularHandle(path: string, flags: number, isSaved = false): Promise<FileHandle> {
  const file = await openPatiently(path, flags | AT_ONCE);

  try {
    const found = await file.stat();
    assertKind('a file', found);
    if (isSaved) assertOwner(found, path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Yields the lines of a journal; none if there is no file. A file that is not ours yields an empty
 * line. Zeros at the end are left out.
 * @throws what `toError` makes; the signal's reason
 */
export async function* linesIn(path: string, reading: Reading): AsyncGenerator<JournalLine> {
  const { isSaved, signal = new AbortController().signal, toError } = reading;
  const file = await openRegularHandle(path, constants.O_RDONLY, isSaved).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw toError(cause);
  });
  if (file === undefined) return;

  try {
    yield* linesOf(chunksOf(file, signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw toError(cause);
  } finally {
    const closed = file.close().catch(() => undefined);
    // It waits for a read that may never end.
    if (!signal.aborted) await closed;
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer<ArrayBuffer>>): AsyncGenerator<JournalLine> {
  let [rest, offset] = [Buffer.alloc(0), 0];

  for await (const chunk of chunks) {
    // Stop early: a file that is not ours may be of any size without a line break.
    const isFirst = offset === 0 && rest.length === 0;
    rest = isFirst ? chunk : Buffer.concat([rest, chunk]);
    if ((isFirst && !isStart(chunk)) || (offset === 0 && rest.length > MAX_ZEROS && isZero(rest)))
      return yield { text: '', offset, isWhole: true };

    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      yield { text: rest.toString('utf8', start, end), offset: offset + start, isWhole: true };
      start = end + 1;
    }
    offset += start;
    rest = rest.subarray(start);
  }

  rest = withoutZeros(rest);
  if (rest.length > 0) yield { text: rest.toString('utf8'), offset, isWhole: false };
}

/** Reads on only as long as the signal lets it, even if the disk does not answer. */
async function* chunksOf(file: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer<ArrayBuffer>> {
  const stream = file.createReadStream({ autoClose: false });
  const chunks = stream[Symbol.asyncIterator]();

  try {
    for (;;) {
      const { done, value } = await untilAborted(chunks.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    stream.destroy();
  }
}

function isStart(chunk: Buffer<ArrayBuffer>): boolean {
  const text = chunk.toString('utf8', 0, START.length);
  return text === START || (chunk.length < START.length && START.startsWith(text)) || isZero(chunk);
}

function isZero(bytes: Buffer<ArrayBuffer>): boolean {
  return withoutZeros(bytes).length === 0;
}

/** A power cut may save the length of what was added, and not its bytes. */
function withoutZeros(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}
