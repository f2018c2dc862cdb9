import type { FileHandle } from 'node:fs/promises';
import { partChecksumOf, startPartChecksum } from '../checksum/part-checksum.ts';
import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import { countParts, type Range } from '../plan/ranges.ts';
import { measurePlaces } from '../plan/slice-cursor.js';
import { contentBytes } from '../plan/slices.ts';
import type { RecordedPart, SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { describe, inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Opens the source of a session, once for all readers, so that they read the same file even when it
 * is replaced. When it was touched since the session began, the parts already sent are checked; if
 * they are equal, the upload continues. With `reuploadChanged`, the parts that differ are removed
 * from the record, to be sent again.
 * @throws UploadError `source_changed` naming the first changed part, and those of `inspectFile`
 */
export async function openSource(
  session: Pick<SessionHandle, 'record' | 'update'>,
  { reuploadChanged }: { readonly reuploadChanged: boolean },
  deps: Pick<Dependencies, 'signal' | 'onEvent' | 'clock'>,
): Promise<FileHandle> {
  const { source, slices } = session.record;
  await inspectFile(source.path);
  const file = await openFile(source.path);

  try {
    const now = describe(source.path, await file.stat({ bigint: true }));
    if (isUntouched(source, now) && !reuploadChanged) return file;
    refuseOtherSize(session.record, now.bytes);
    if (session.record.parts.length > 0 || slices !== null)
      deps.onEvent({ type: 'phase', phase: 'verifying' });
    await confirmSlices(session.record, file, deps);
    const changed = await changedParts(session.record, file, deps);
    if (changed[0] !== undefined && !reuploadChanged) throw partChanged(session.record, changed[0]);
    const parts = session.record.parts.filter((part) => !changed.includes(part));
    await session.update({
      source: now,
      parts,
      // The saved MD5 may cover bytes that were never sent, and so were not compared.
      md5: null,
      ...(changed.length > 0 && { status: 'pending' }),
      ...(session.record.check && { check: 'due' }),
    });
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

export async function changedParts(
  record: SessionRecord,
  file: FileHandle,
  { signal, clock }: Pick<Dependencies, 'signal' | 'clock'>,
): Promise<readonly RecordedPart[]> {
  const { path } = record.source;
  const places = record.slices?.places ?? null;
  const changed: RecordedPart[] = [];

  for (const part of record.parts) {
    signal.throwIfAborted();
    const checksum = await partChecksumOf(readRange(file, part, { path, places, clock }));
    if (checksum !== part.checksum) changed.push(part);
  }

  return changed;
}

export function partChanged(record: SessionRecord, range: Range): UploadError {
  const { path } = record.source;
  const parts = countParts(contentBytes(record), record);
  const where = `part ${range.index + 1}${parts === null ? '' : ` of ${parts}`}, bytes ${range.offset} to ${range.offset + range.length - 1}`;

  return new UploadError(
    'source_changed',
    {
      message: `${path} changed after it was sent: ${where}`,
      hint: hint`Push it again for a new upload, or resume with ${option('reuploadChanged', true)} to send only the parts that changed.`,
    },
    { path, canReuploadChanged: true },
  );
}

/** Slices may be unchanged in a file of another size. @throws UploadError `source_changed` */
export function refuseOtherSize({ source, slices }: SessionRecord, bytes: number): void {
  if (slices !== null || bytes === source.bytes) return;
  const message = `${source.path} has changed: it had ${source.bytes} bytes when the upload was created, now it has ${bytes}`;
  throw new UploadError(
    'source_changed',
    { message, hint: 'Push it again: the size of an upload is fixed.' },
    { path: source.path },
  );
}

/**
 * Checks the slices of a file that was touched. Changes elsewhere in the file do not matter.
 * Changed slices cannot be sent again, because their ends may no longer be ends of lines.
 * @throws UploadError `source_changed`; the signal's reason
 */
export async function confirmSlices(
  { source, slices, filename }: Pick<SessionRecord, 'source' | 'slices' | 'filename'>,
  file: FileHandle,
  { signal, clock }: Pick<Dependencies, 'signal' | 'clock'>,
): Promise<void> {
  if (slices === null || slices.places === null) return;

  const { path } = source;
  const { size } = await file.stat();
  const checksum = startPartChecksum();

  if (size >= (measurePlaces(slices.places)?.end ?? 0)) {
    const range = { index: 0, offset: 0, length: slices.bytes };
    for await (const chunk of readRange(file, range, { path, clock, places: slices.places })) {
      signal.throwIfAborted();
      checksum.update(chunk);
    }
  }

  if (checksum.digest() === slices.checksum) return;

  const message = `${path} changed after it was split: the lines of ${filename} are no longer the same`;

  throw new UploadError('source_changed', { message, hint: 'Push it again: it is split again.' }, { path });
}
