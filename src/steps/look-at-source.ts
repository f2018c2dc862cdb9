import { isUploadError } from '../model/errors.ts';
import type { SourceState } from '../model/saved-session.ts';
import { inspectFile, isUntouched, type SourceFile } from '../source/inspect-file.ts';

/** Whether the source is what it was, as far as that can be told without reading it. */
export async function lookAtSource(before: SourceFile): Promise<SourceState> {
  try {
    const now = await inspectFile(before.path);
    if (isUntouched(before, now)) return 'same';
    return now.bytes === before.bytes ? 'touched' : 'changed';
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return error.code === 'source_not_found' ? 'missing' : 'unreadable';
  }
}
