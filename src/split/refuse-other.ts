import { UploadError } from '../model/errors.ts';
import type { OutlinedPiece, SplitBounds } from './cut-piece.ts';
import type { ManifestEntry, ManifestHead, ManifestText } from './read-manifest.ts';

/** What a manifest has to be about. */
export interface ManifestSubject {
  readonly source: { readonly path: string; readonly bytes: number; readonly modifiedNs: string };
  readonly filename: string;
  readonly bounds: SplitBounds;
  readonly pieces: readonly OutlinedPiece[];
  readonly connection: {
    readonly baseUrl: string;
    readonly organization: string | null;
    readonly project: string | null;
  };
}

/**
 * A file that was moved, copied or only touched is the same as long as the pieces that are done are.
 * @throws UploadError `manifest_mismatch`
 */
export function refuseOther(path: string, { head, entries }: ManifestText, subject: ManifestSubject): void {
  const { source, pieces } = subject;
  refuseOtherHead(path, head, subject);
  const other = entries.find((entry) => !isOf(entry, pieces[entry.piece.number - 1]));
  if (other) throw mismatch(path, `${other.filename} is not what ${source.path} holds now`);
  const isSameFile = head.bytes === source.bytes && head.modified_ns === source.modifiedNs;
  if (!isSameFile && entries.length === 0)
    throw mismatch(path, `it is about ${head.path} as it was, not about ${source.path} as it is`);
}

/** What can be told before the file is read. @throws UploadError `manifest_mismatch` */
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
    throw mismatch(path, `it was begun with other bounds, ${were} in each file`);
  }
  if (head.filename !== filename) throw mismatch(path, `it is about ${head.filename}, not ${filename}`);
}

function isOf({ piece, bytes, checksum }: ManifestEntry, now: OutlinedPiece | undefined): boolean {
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
  const hint = 'Name another manifest to upload all of this one.';
  return new UploadError('manifest_mismatch', { message, hint });
}
