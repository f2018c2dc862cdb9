import { randomUUID } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openAppender } from '../job/append.ts';
import { unwritable } from '../job/job-journal.ts';
import { entryOf, resultOf } from '../job/journal-entry.ts';
import { addFailure } from '../job/push-file.ts';
import { savedUrl } from '../model/base-url.ts';
import type { UploadResult } from '../model/upload.ts';
import {
  type ManifestEntry,
  type ManifestHead,
  type ManifestSubject,
  readManifest,
  refuseOther,
  refuseOtherHead,
} from './read-manifest.ts';
import type { CutPiece } from './splitter.ts';

/** Records the finished pieces of a file. A line counts only once it is synced to the disk. */
export interface Manifest {
  readonly id: string;
  /** The result of a piece in an earlier run; undefined when there is none. */
  done(piece: CutPiece): UploadResult | undefined;
  /** @throws UploadError `manifest_unusable` */
  add(piece: CutPiece, result: UploadResult): Promise<void>;
  /** Adds a line for what is wrong with this piece alone. For the next run it is just not done. */
  addFailure(piece: CutPiece, error: unknown): Promise<void>;
  close(): Promise<void>;
}

/**
 * Checks a manifest before the file is read, because reading takes a while.
 * @throws UploadError `manifest_mismatch`; `manifest_unusable`, also when it cannot be written
 */
export async function refuseUnusableManifest(
  path: string,
  subject: Omit<ManifestSubject, 'source' | 'pieces'>,
  signal?: AbortSignal,
): Promise<void> {
  const { head } = await readManifest(path, signal);
  if (head !== undefined) refuseOtherHead(path, head, subject);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );

  await access(isThere ? path : dirname(path), constants.W_OK).catch((cause) => {
    throw unwritable(path, cause);
  });
}

/**
 * Reads which pieces are done, without changing anything.
 * @throws UploadError `manifest_mismatch`, `manifest_unusable`
 */
export async function peekManifest(
  path: string,
  subject: ManifestSubject,
  signal?: AbortSignal,
): Promise<Pick<Manifest, 'done'> & { readonly head: ManifestHead | undefined }> {
  const { head, entries } = await readManifest(path, signal);
  if (head !== undefined) refuseOther(path, { head, entries }, subject);
  const byNumber = new Map(entries.map((entry) => [entry.piece.number, entry]));

  return {
    head,
    done({ number }) {
      const entry = byNumber.get(number);
      return entry && resultOf(entry, subject.source.path);
    },
  };
}

/**
 * Opens the manifest of a file, or starts one. An incomplete last line is removed.
 * @throws UploadError `manifest_mismatch` when it belongs to another file, other bytes, other
 * limits or another account; `manifest_unusable`
 */
export async function openManifest(
  path: string,
  subject: ManifestSubject,
  signal?: AbortSignal,
): Promise<Manifest> {
  const { head: before, done } = await peekManifest(path, subject, signal);
  const head = before ?? headOf(subject);
  const appender = await openAppender(path);

  if (before === undefined)
    await appender.add(head).catch(async (error) => {
      await appender.close();
      throw error;
    });

  return {
    id: head.manifest,
    done,
    add: (piece, result) => appender.add(lineOf(piece, result)),
    addFailure: (piece, error) =>
      addFailure({ path: subject.source.path, piece: cutOf(piece) }, error, appender),
    close: appender.close,
  };
}

/** Makes the first line of a new manifest. */
function headOf({ source, filename, bounds, connection }: ManifestSubject): ManifestHead {
  return {
    v: 1,
    status: 'split',
    manifest: randomUUID(),
    path: source.path,
    bytes: source.bytes,
    modified_ns: source.modifiedNs,
    filename,
    split_lines: bounds.lines,
    split_bytes: bounds.bytes,
    base_url: savedUrl(connection.baseUrl),
    organization: connection.organization,
    project: connection.project,
  };
}

/** Makes the line of a finished piece. */
function lineOf(piece: CutPiece, result: UploadResult): ManifestEntry {
  const { file, ...entry } = entryOf(result);
  const { checksum, sha256 } = piece;
  return { ...entry, sha256, checksum, piece: cutOf(piece), file };
}

function cutOf({ number, firstLine, lastLine, lines, url, model }: CutPiece): ManifestEntry['piece'] {
  return { number, first_line: firstLine, last_line: lastLine, lines, url, model };
}
