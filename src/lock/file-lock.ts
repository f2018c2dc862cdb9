import type { Clock } from '../model/clock.ts';
import type { LockOwner } from '../model/session.ts';
import { unreadable, unwritable } from '../model/session-errors.ts';
import type { StateLock } from '../model/state-store.ts';
import { HEARTBEAT_MS, type Lock, ownerOf, STALE_MS, takeLock } from './lock-file.ts';
import type { OwnerStamp } from './owner.ts';

/** Takes a lock and keeps it alive until it is released, or tells who has it. @throws UploadError `session_unwritable` */
export function takeFileLock(path: string, clock: Clock): StateLock | LockOwner {
  try {
    const taken = takeLock(path);
    return 'lock' in taken ? keepAlive(taken.lock, clock) : shownOwner(taken.owner);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Who has a lock at this moment; null when nobody has it. `nowMs` as with `holderOf`. @throws UploadError `session_unreadable` */
export function fileLockOwner(path: string, nowMs?: number): LockOwner | null {
  try {
    const owner = ownerOf(path, nowMs);
    return owner === undefined ? null : shownOwner(owner);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function keepAlive(lock: Lock, clock: Clock): StateLock {
  const released = new AbortController();
  let isLost = false;
  const keep = async () => {
    let touchedAt = clock.uptime();
    while (!isLost) {
      await clock.sleep(HEARTBEAT_MS, released.signal);
      const isOurs = touch(lock);
      if (isOurs) touchedAt = clock.uptime();
      isLost = isOurs === false || clock.uptime() - touchedAt > STALE_MS;
    }
  };
  // Ends by being released.
  keep().catch(() => undefined);
  return {
    isHeld: async () => !isLost && lock.isHeld(),
    async release() {
      released.abort();
      lock.release();
    },
  };
}

/** Undefined when a passing fault of the file system hides whether the lock is ours: the next touch will tell. */
function touch(lock: Lock): boolean | undefined {
  try {
    return lock.beat();
  } catch {
    return undefined;
  }
}

function shownOwner(owner: OwnerStamp | null): LockOwner {
  return { pid: owner?.pid ?? null, host: owner?.host.split(' ')[0] ?? null };
}
