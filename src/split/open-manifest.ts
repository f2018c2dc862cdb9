import { randomUUID } from 'node:crypto';
import { access, constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import {
  type ManifestEntry,
  type ManifestHead,
  type ManifestSubject,
  type ManifestText,
  readManifest,
  refuseOther,
  refuseOtherHead,
  unusable,
} from './read-manifest.ts';
import type { CutPiece } from './splitter.ts';

/** Records the finished pieces of a file. A line counts only once it is synced to the disk. */
export interface Manifest {
  readonly id: string;
  /** The result of a piece in an earlier run; undefined when there is none. */
  done(piece: CutPiece): UploadResult | undefined;
  /** @throws UploadError `manifest_unusable` */
  add(piece: CutPiece, result: UploadResult): Promise<void>;
  close(): Promise<void>;
}

/**
 * Checks a manifest before the file is read, because reading takes a while.
 * @throws UploadError `manifest_mismatch`, `manifest_unusable`, also when it could not be written
 */
export async function refuseUnusableManifest(
  path: string,
  subject: Omit<ManifestSubject, 'source' | 'pieces'>,
): Promise<void> {
  const text = await readManifest(path);
  if (text !== undefined) refuseOtherHead(path, text.head, subject);
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
export async function peekManifest(path: string, subject: ManifestSubject): Promise<Pick<Manifest, 'done'>> {
  const text = await readManifest(path);
  if (text !== undefined) refuseOther(path, text, subject);
  return { done: finder(text, subject) };
}

/**
 * Opens the manifest of a file, or starts one. An incomplete last line is removed.
 * @throws UploadError `manifest_mismatch` when it belongs to another file, other bytes, other
 * limits or another account; `manifest_unusable`
 */
export async function openManifest(path: string, subject: ManifestSubject): Promise<Manifest> {
  const text = await readManifest(path);
  if (text !== undefined) refuseOther(path, text, subject);
  const head = text?.head ?? headOf(subject);
  const file = await open(path, 'a').catch((cause) => {
    throw unwritable(path, cause);
  });
  let bytes = text?.wholeBytes ?? 0;

  const append = async (line: object) => {
    const added = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      await file.appendFile(added);
      await file.datasync();
      bytes += added.length;
    } catch (cause) {
      // Half a line would spoil the next one.
      await file.truncate(bytes).catch(() => undefined);
      throw unwritable(path, cause);
    }
  };

  // Pieces end in any order, so lines are written one after another.
  let latest: Promise<void> = file
    .truncate(bytes)
    .then(() => (text === undefined ? append(head) : undefined));

  await latest.catch(async (cause) => {
    await file.close();
    throw isUploadError(cause) ? cause : unwritable(path, cause);
  });

  return {
    id: head.manifest,
    done: finder(text, subject),
    add(piece, result) {
      const adding = latest.then(() => append(entryOf(piece, result)));
      latest = adding.catch(() => undefined);
      return adding;
    },
    close: () => latest.then(() => file.close()),
  };
}

function finder(text: ManifestText | undefined, subject: ManifestSubject): Manifest['done'] {
  const entries = new Map((text?.entries ?? []).map((entry) => [entry.piece.number, entry]));
  return ({ number }) => {
    const entry = entries.get(number);
    return entry && resultOf(entry, subject);
  };
}

function unwritable(path: string, cause: unknown): UploadError {
  const hint = 'Make sure that it can be written and that the disk has space, then push the file again.';
  return unusable(path, `cannot be written (${systemCode(cause) ?? String(cause)})`, { cause, hint });
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
    base_url: connection.baseUrl,
    organization: connection.organization,
    project: connection.project,
  };
}

/** Makes the line of a finished piece. */
function entryOf({ number, checksum, ...piece }: CutPiece, result: UploadResult): ManifestEntry {
  return {
    v: 1,
    status: 'completed',
    upload_id: result.uploadId,
    file_id: result.fileId,
    filename: result.filename,
    path: result.path,
    bytes: result.bytes,
    purpose: result.purpose,
    md5: result.md5,
    checksum,
    parts: result.parts,
    piece: {
      number,
      first_line: piece.firstLine,
      last_line: piece.lastLine,
      lines: piece.lines,
      url: piece.url,
      model: piece.model,
    },
    file: result.file,
  };
}

/** Restores the result of a piece from an earlier run. This run has sent nothing. */
function resultOf(entry: ManifestEntry, { source }: ManifestSubject): UploadResult {
  const { filename, bytes, purpose, md5, parts, file } = entry;
  return {
    uploadId: entry.upload_id,
    fileId: entry.file_id,
    filename,
    path: source.path,
    bytes,
    purpose,
    md5,
    parts,
    partsResumed: parts,
    bytesSent: 0,
    retries: 0,
    seconds: 0,
    bottleneck: null,
    alreadyUploaded: false,
    file,
  };
}
