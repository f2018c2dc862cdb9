import type { FileHandle } from 'node:fs/promises';
import { startPartChecksum } from '../checksum/part-checksum.ts';
import { UploadError } from '../model/errors.ts';
import { measurePlaces } from '../plan/slice-cursor.js';
import type { SessionRecord } from '../sessions/record.ts';
import { readRange } from '../source/read-range.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Reads slices of a file that somebody has touched. Whatever else of it has changed does not matter; but of slices that have, nothing
 * can be sent again: their ends may be no ends of lines any more.
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
  const message = `${path} has changed since it was cut: the lines of ${filename} are not what they were`;
  throw new UploadError('source_changed', { message, hint: 'Push it again: it is cut anew.' }, { path });
}
