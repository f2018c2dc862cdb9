import { randomUUID } from 'node:crypto';
import type { UploadResult } from '../model/upload.ts';
import type { OutlinedPiece } from './cut-piece.ts';
import type { ManifestEntry, ManifestHead } from './read-manifest.ts';
import type { ManifestSubject } from './refuse-other.ts';

/** The first line of a new manifest. */
export function headOf({ source, filename, bounds, connection }: ManifestSubject): ManifestHead {
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

/** The line of a piece that is done. */
export function entryOf({ number, checksum, ...piece }: OutlinedPiece, result: UploadResult): ManifestEntry {
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

/** What came of a piece in an earlier run: this one has sent nothing. */
export function resultOf(entry: ManifestEntry, { source }: ManifestSubject): UploadResult {
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
