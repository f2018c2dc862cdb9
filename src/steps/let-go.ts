import type { Run } from './run.ts';

/** Cancels an upload that is of no use any more, once and without a word: if this fails, it expires by itself. */
export async function letGo(uploadId: string, { deps, stallMs }: Run): Promise<void> {
  const signal = AbortSignal.timeout(stallMs);
  await deps.api.cancelUpload(uploadId, { signal, attempt: 1 }).catch(() => undefined);
}
