import { open, stat } from 'node:fs/promises';
import { isUploadError, systemCode, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import type { CutPiece, SplitBounds } from './splitter.ts';

/** The first line of a manifest: the facts that all its pieces share. */
export interface ManifestHead {
  readonly v: 1;
  readonly status: 'split';
  /** The random id of the manifest. */
  readonly manifest: string;
  readonly path: string;
  readonly bytes: number;
  readonly modified_ns: string;
  readonly filename: string;
  readonly split_lines: number;
  readonly split_bytes: number;
  readonly base_url: string;
  readonly organization: string | null;
  readonly project: string | null;
}

/** A finished piece, one per line, with the field names of `--json`. */
export interface ManifestEntry {
  readonly v: 1;
  readonly status: 'completed';
  readonly upload_id: string;
  readonly file_id: string;
  readonly filename: string;
  readonly path: string;
  readonly bytes: number;
  readonly purpose: string;
  readonly md5: string | null;
  readonly checksum: string;
  readonly parts: number;
  readonly piece: {
    readonly number: number;
    readonly first_line: number;
    readonly last_line: number;
    readonly lines: number;
    readonly url: string | null;
    readonly model: string | null;
  };
  readonly file: FileObject;
}

export interface ManifestText {
  readonly head: ManifestHead;
  readonly entries: readonly ManifestEntry[];
  /** Bytes up to the end of the last complete line. The rest is an incomplete line. */
  readonly wholeBytes: number;
}

/** The start of every line. Anything else was not written by us. */
const START = '{"v":1,"status":"';

/** Reads a manifest; undefined when there is none yet. @throws UploadError `manifest_unusable` */
export async function readManifest(path: string): Promise<ManifestText | undefined> {
  const text = await readOwn(path).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return '';
    if (isUploadError(cause)) throw cause;
    throw unusable(path, `cannot be read (${systemCode(cause) ?? String(cause)})`, { cause });
  });

  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const rest = text.slice(whole.length);
  if (!rest.startsWith(START) && !START.startsWith(rest)) throw unusable(path, 'is not one of ours');

  const lines = whole.split('\n').slice(0, -1);
  const [head, ...entries] = lines.map((line, index) => withPiece(parseLine(path, line, index + 1)));
  if (head === undefined) return undefined;
  if (!isHead(head)) throw unusable(path, 'is not one of ours');

  const bad = entries.findIndex((entry) => !isEntry(entry));
  if (bad >= 0) throw unusable(path, `has an invalid entry in line ${bad + 2}`);

  return { head, entries: entries as unknown as ManifestEntry[], wholeBytes: Buffer.byteLength(whole) };
}

/** Reads only the start of a file that is not ours, which can have any size. */
async function readOwn(path: string): Promise<string> {
  // Opening a pipe blocks until it has a writer, and data written to a device cannot be read back.
  if (!(await stat(path)).isFile()) throw unusable(path, 'is not a regular file');

  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START.length), 0, START.length, 0);
    const start = buffer.toString('utf8', 0, bytesRead);
    return start === START ? await file.readFile('utf8') : start;
  } finally {
    await file.close();
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(path: string, line: string, number: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (line.startsWith(START) && typeof value === 'object' && value !== null) return value as Fields;
  } catch {
    // Reported below.
  }
  throw unusable(path, number === 1 ? 'is not one of ours' : `has an invalid entry in line ${number}`);
}

/** Manifests of version 0.1.0 call a piece `shard`. */
function withPiece({ shard, ...fields }: Fields): Fields {
  return shard === undefined ? fields : { piece: shard, ...fields };
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

function isHead(value: Fields): value is Fields & ManifestHead {
  const texts = [value.manifest, value.path, value.modified_ns, value.filename, value.base_url];
  const counts = [value.bytes, value.split_lines, value.split_bytes];
  return value.status === 'split' && texts.every(isText) && counts.every(isCount);
}

function isEntry(value: Fields): boolean {
  const [piece, file] = [value.piece, value.file] as (Fields | null | undefined)[];
  const texts = [value.upload_id, value.file_id, value.filename, value.checksum, file?.id];
  const counts = [value.bytes, value.parts, piece?.number, piece?.first_line, piece?.last_line, piece?.lines];
  const isMd5 = value.md5 === null || isText(value.md5);
  return value.status === 'completed' && texts.every(isText) && counts.every(isCount) && isMd5;
}

/** Pass a `hint` when the content of the manifest is not at fault. */
export function unusable(
  path: string,
  why: string,
  about: { readonly cause?: unknown; readonly hint?: string } = {},
): UploadError {
  const { cause, hint = 'It was not changed. Name another manifest, or move that file away.' } = about;
  const facts = cause === undefined ? {} : { cause };
  return new UploadError('manifest_unusable', { message: `the manifest ${path} ${why}`, hint }, facts);
}

/** What a manifest must belong to. */
export interface ManifestSubject {
  readonly source: { readonly path: string; readonly bytes: number; readonly modifiedNs: string };
  readonly filename: string;
  readonly bounds: SplitBounds;
  readonly pieces: readonly CutPiece[];
  readonly connection: {
    readonly baseUrl: string;
    readonly organization: string | null;
    readonly project: string | null;
  };
}

/**
 * Accepts a file that was moved, copied or touched as long as its finished pieces are the same.
 * @throws UploadError `manifest_mismatch`
 */
export function refuseOther(path: string, { head, entries }: ManifestText, subject: ManifestSubject): void {
  const { source, pieces } = subject;
  refuseOtherHead(path, head, subject);
  const other = entries.find((entry) => !isOf(entry, pieces[entry.piece.number - 1]));
  if (other) throw mismatch(path, `${other.filename} does not match the content of ${source.path}`);
  const isSameFile = head.bytes === source.bytes && head.modified_ns === source.modifiedNs;
  if (!isSameFile && entries.length === 0)
    throw mismatch(path, `it describes ${head.path} as it was, not ${source.path} as it is now`);
}

/** Checks what can be known before the file is read. @throws UploadError `manifest_mismatch` */
export function refuseOtherHead(
  path: string,
  head: ManifestHead,
  { filename, bounds, connection }: Omit<ManifestSubject, 'source' | 'pieces'>,
): void {
  const isSameServer =
    head.base_url === connection.baseUrl &&
    (head.organization ?? null) === connection.organization &&
    (head.project ?? null) === connection.project;
  if (!isSameServer) throw mismatch(path, 'its files belong to another base URL, organization or project');
  if (head.split_lines !== bounds.lines || head.split_bytes !== bounds.bytes) {
    const were = `at most ${head.split_lines} lines and ${head.split_bytes} bytes`;
    throw mismatch(path, `it was started with other limits, ${were} in each file`);
  }
  if (head.filename !== filename) throw mismatch(path, `it describes ${head.filename}, not ${filename}`);
}

function isOf({ piece, bytes, checksum }: ManifestEntry, now: CutPiece | undefined): boolean {
  return (
    now?.firstLine === piece.first_line &&
    now.lastLine === piece.last_line &&
    now.lines === piece.lines &&
    now.bytes === bytes &&
    now.checksum === checksum
  );
}

function mismatch(path: string, why: string): UploadError {
  const message = `the manifest ${path} belongs to something else: ${why}`;
  const hint = 'Name another manifest to upload all of this file.';
  return new UploadError('manifest_mismatch', { message, hint });
}
