import { type JournalHead, readJournal } from '../job/job-journal.ts';
import { type Fields, isCount, isText, type JournalEntry } from '../job/journal-entry.ts';
import { savedUrl } from '../model/base-url.ts';
import { UploadError } from '../model/errors.ts';
import type { CutPiece, SplitBounds } from './splitter.ts';

/** The facts that all pieces of a file share. */
export interface ManifestHead extends JournalHead {
  readonly path: string;
  readonly bytes: number;
  readonly modified_ns: string;
  readonly filename: string;
  readonly split_lines: number;
  readonly split_bytes: number;
}

export interface ManifestEntry extends JournalEntry {
  readonly checksum: string;
  readonly piece: {
    readonly number: number;
    readonly first_line: number;
    readonly last_line: number;
    readonly lines: number;
    readonly url: string | null;
    readonly model: string | null;
  };
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

interface ManifestText {
  readonly head: ManifestHead;
  readonly entries: readonly ManifestEntry[];
}

/** @throws UploadError `manifest_unusable`; the signal's reason */
export async function readManifest(path: string, signal?: AbortSignal) {
  const entries: ManifestEntry[] = [];
  const head = await readJournal<ManifestHead>(path, { isHead, isRight: isOfPiece, signal }, (entry) =>
    entries.push(entry as unknown as ManifestEntry),
  );
  return { head, entries };
}

function isHead(value: Fields): boolean {
  const texts = [value.manifest, value.path, value.modified_ns, value.filename, value.base_url];
  const counts = [value.bytes, value.split_lines, value.split_bytes];
  return value.status === 'split' && texts.every(isText) && counts.every(isCount);
}

function isOfPiece({ piece, checksum, parts }: Fields): boolean {
  const { number, first_line: first, last_line: last, lines } = (piece ?? {}) as Fields;
  return isText(checksum) && [parts, number, first, last, lines].every(isCount);
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
    savedUrl(head.base_url) === savedUrl(connection.baseUrl) &&
    (head.organization ?? null) === connection.organization &&
    (head.project ?? null) === connection.project;
  if (!isSameServer) throw mismatch(path, 'its files belong to another base URL, organization or project');
  if (head.split_lines !== bounds.lines || head.split_bytes !== bounds.bytes) {
    const were = `at most ${head.split_lines} lines and ${head.split_bytes} bytes`;
    throw mismatch(path, `it was started with other limits, ${were} in each file`);
  }
  if (head.filename !== filename) throw mismatch(path, `it describes ${head.filename}, not ${filename}`);
}

function isOf({ piece, bytes, checksum, sha256 }: ManifestEntry, now: CutPiece | undefined): boolean {
  return (
    now?.firstLine === piece.first_line &&
    now.lastLine === piece.last_line &&
    now.lines === piece.lines &&
    now.bytes === bytes &&
    now.checksum === checksum &&
    now.sha256 === (sha256 ?? now.sha256)
  );
}

function mismatch(path: string, why: string): UploadError {
  const message = `the manifest ${path} belongs to something else: ${why}`;
  const hint = 'Name another manifest to upload all of this file.';
  return new UploadError('manifest_mismatch', { message, hint });
}
