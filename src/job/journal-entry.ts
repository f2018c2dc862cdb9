import type { UploadResult } from '../model/upload.ts';

/** A parsed line. */
export type Fields = Readonly<Record<string, unknown>>;

/** A line for a file that is done, with the field names of `--json`. */
export interface JournalEntry
  extends Pick<UploadResult, 'filename' | 'path' | 'bytes' | 'purpose' | 'md5' | 'parts' | 'file'> {
  readonly v: 1;
  readonly status: 'completed';
  readonly upload_id: string;
  readonly file_id: string;
  /** Absent in lines of versions that did not store it. */
  readonly sha256?: string | null | undefined;
}

export const isText = (value: unknown) => typeof value === 'string' && value !== '';
export const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

export function isEntry(value: Fields): boolean {
  const file = value.file as Fields | null | undefined;
  const texts = [value.upload_id, value.file_id, value.filename, value.path, file?.id];
  const isMd5 = value.md5 === null || isText(value.md5);
  // A file that was already uploaded before has no parts.
  const isParts = Number.isSafeInteger(value.parts);
  return value.status === 'completed' && texts.every(isText) && isCount(value.bytes) && isParts && isMd5;
}

/** Returns the line for a file that is done. */
export function entryOf(result: UploadResult): JournalEntry {
  const { uploadId, fileId, filename, path, bytes, purpose, md5, sha256, parts, file } = result;
  const ids = { upload_id: uploadId, file_id: fileId };
  return { v: 1, status: 'completed', ...ids, filename, path, bytes, purpose, md5, sha256, parts, file };
}

/** Restores the result of an earlier run. This run has sent nothing. */
export function resultOf(entry: JournalEntry, path: string): UploadResult {
  const { upload_id: uploadId, file_id: fileId, filename, bytes, purpose, md5, parts, file } = entry;
  // In one piece: putting it together of several costs a second for 100,000 files.
  return {
    uploadId,
    fileId,
    filename,
    path,
    bytes,
    purpose,
    md5,
    sha256: entry.sha256 ?? null,
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
