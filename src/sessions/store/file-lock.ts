import type { Clock } from '../../model/clock.ts';
import type { LockHolder } from '../../model/saved-session.ts';
import type { StateLock } from '../../model/state-store.ts';
import type { Holder } from '../../storage/holder.ts';
import { HEARTBEAT_MS, holderOf, type Lock, STALE_MS, takeLock } from '../../storage/lock.ts';
import { unreadable, unwritable } from '../records/record-errors.ts';

/** Takes a lock and keeps it alive until it is released, or tells who has it. @throws UploadError `session_unwritable` */
export function takeFileLock(path: string, clock: Clock): StateLock | LockHolder {
  try {
    const taken = takeLock(path);
    return 'lock' in taken ? keepAlive(taken.lock, clock) : shownHolder(taken.holder);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Who has a lock at this moment; null when nobody has it. `nowMs` as with `holderOf`. @throws UploadError `session_unreadable` */
export function fileLockHolder(path: string, nowMs?: number): LockHolder | null {
  try {
    const holder = holderOf(path, nowMs);
    return holder === undefined ? null : shownHolder(holder);
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

function shownHolder(holder: Holder | null): LockHolder {
  return { pid: holder?.pid ?? null, host: holder?.host.split(' ')[0] ?? null };
}
