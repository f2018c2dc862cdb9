import type { FileHandle } from 'node:fs/promises';
import type { Digests } from '../checksum/hash-file.ts';
import { untilAborted } from '../model/signals.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { UploadContext } from './context.ts';

/**
 * Hashes the bytes to be uploaded while `meanwhile` runs. A failure of `meanwhile` stops the
 * hashing.
 * @throws UploadError, what `meanwhile` throws, or the signal's reason
 */
export async function hashSource(
  { source: { path, bytes } }: Pick<SessionRecord, 'source'>,
  { fd }: FileHandle,
  { deps, timeSpent }: UploadContext,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Digests> {
  const hashing = deps.hashFile({ fd, path, bytes });

  try {
    await meanwhile();
    deps.onEvent({ type: 'phase', phase: 'hashing' });
    const since = deps.clock.monotonic();
    const digests = await untilAborted(hashing.digests, deps.signal);
    timeSpent.onAll('md5', deps.clock.monotonic() - since);
    return digests;
  } finally {
    await hashing.stop();
  }
}
