import type { SessionRecord } from '../sessions/record.ts';
import { isUntouched } from '../source/inspect-file.ts';
import type { Dependencies } from './dependencies.ts';
import { isSameSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Reports that the same file was uploaded before, for the same purpose and under the same name, and
 * has not changed since. The user may not know that. A job reports this once for all of its files.
 * @param saved the sessions of the file, newest first
 */
export function emitRepeated(
  saved: readonly SessionRecord[],
  spec: UploadSpec,
  { connection, onEvent }: Pick<Dependencies, 'connection' | 'onEvent'>,
): void {
  if (spec.manifest !== undefined) return;
  const before = saved.find(
    (record) =>
      record.status === 'completed' &&
      isSameSpec(record, spec, connection) &&
      isUntouched(record.source, spec.source),
  );
  if (!before?.file) return;
  const { id: fileId, created_at: completedAt = before.createdAt } = before.file;
  onEvent({ type: 'repeated', fileId, completedAt });
}
