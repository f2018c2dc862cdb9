import type { FileHandle } from 'node:fs/promises';
import type { SavedDigests, SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { describe, isUntouched, openFile } from '../source/inspect-file.ts';
import type { UploadContext } from './context.ts';
import { hashSource } from './hash-source.ts';
import { changedParts, inspectAgain, partChanged, refuseOtherSize } from './open-source.ts';

/**
 * Checks the source again after the last byte was sent, because the server must hold a single state
 * of the file.
 * @returns the digests of that state, computed again when the file was touched
 * @throws UploadError `source_changed`
 */
export async function confirmSource(
  { record }: SessionHandle,
  { file, digests }: { readonly file: FileHandle; readonly digests: SavedDigests },
  context: UploadContext,
): Promise<SavedDigests> {
  const { source } = record;
  if (isUntouched(source, await inspectAgain(source))) return digests;
  await confirmParts(record, context);
  return digests.md5 === null ? digests : await hashSource(record, file, context);
}

/**
 * Reads the sent parts again and compares their checksums.
 * @throws UploadError `source_changed` naming the first part that differs
 */
export async function confirmParts(record: SessionRecord, { deps }: UploadContext): Promise<void> {
  const { source } = record;
  const file = await openFile(source.path);

  try {
    const { bytes } = describe(source.path, await file.stat({ bigint: true }));
    refuseOtherSize(record, bytes);
    const [first] = await changedParts(record, file, deps);
    if (first) throw partChanged(record, first);
  } finally {
    await file.close();
  }
}
