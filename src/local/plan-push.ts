import type { LockOwner } from '../model/state-store.ts';
import type { PushPlan } from '../model/upload.ts';
import { countParts } from '../plan/ranges.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { UploadSpec } from '../upload/upload-spec.ts';

/** Plans a push. A session that it continues keeps its own part size. */
export function planPush(
  spec: UploadSpec,
  unfinished: SessionRecord | undefined,
  lockedBy: LockOwner | null = null,
): PushPlan {
  const { source, filename, purpose, mimeType } = spec;
  const { path } = source;
  const { bytes } = spec.source;
  const { partBytes } = unfinished ?? spec;
  const parts = countParts(bytes, unfinished ?? spec);
  const continues = unfinished?.uploadId ?? null;
  const partsResumed = unfinished?.parts.length ?? 0;

  return { path, filename, bytes, purpose, mimeType, partBytes, parts, continues, partsResumed, lockedBy };
}
