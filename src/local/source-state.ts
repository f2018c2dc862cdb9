import { isUploadError } from '../model/errors.ts';
import type { SourceState } from '../model/session.ts';
import { measurePlaces } from '../plan/slice-cursor.js';
import type { SessionRecord } from '../sessions/record.ts';
import { inspectFile, isUntouched } from '../source/inspect-file.ts';

/** Whether the source is what it was, as far as that can be told without reading it. */
export async function getSourceState({
  source: before,
  slices,
}: Pick<SessionRecord, 'source' | 'slices'>): Promise<SourceState> {
  try {
    const now = await inspectFile(before.path);
    if (isUntouched(before, now)) return 'same';
    // What comes before and after slices does not matter to them.
    const end = slices?.places == null ? undefined : measurePlaces(slices.places)?.end;
    const mayBeWhole = end === undefined ? now.bytes === before.bytes : now.bytes >= end;
    return mayBeWhole ? 'touched' : 'changed';
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return error.code === 'source_not_found' ? 'missing' : 'unreadable';
  }
}
