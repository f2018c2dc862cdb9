import type { SessionRecord } from '../sessions/record.ts';
import { isUntouched } from '../source/inspect-file.ts';
import type { Dependencies } from './dependencies.ts';
import { isSameSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Tells that the same file, for the same purpose and under the same name, was uploaded before and is
 * unchanged. Who pushes it again may not know that. A job tells it of all of its files at once.
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
