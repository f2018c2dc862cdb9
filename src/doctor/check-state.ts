import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../model/clock.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { removeFile } from '../model/file-access.ts';
import { hint, option } from '../model/hint.ts';
import { unwritable } from '../model/session-errors.ts';
import type { ConnectionOptions } from '../options/options.ts';
import { openStore, recoverState, type State } from '../sessions/open-store.ts';
import { makeDirectory, writeSavedFile } from '../sessions/saved-file.ts';
import { openSessions } from '../sessions/sessions.ts';

/** Enough for the records of some hundred uploads. A disk with less is about to be full. */
const MIN_FREE_BYTES = 1_000_000;

/**
 * Writes, locks and removes a file where sessions are saved, and looks for uploads that other
 * processes hold.
 * @throws UploadError `session_unwritable`, `session_unreadable`, `session_locked`
 */
export async function checkState(options: ConnectionOptions): Promise<string> {
  await recoverState(options, systemClock);
  const state = openStore(options, systemClock);
  const { directory } = state;
  const sessions = openSessions(state, systemClock);
  const probe = join(directory, `doctor-${process.pid}`);

  await writing(directory, async () => {
    makeDirectory(directory);
    writeSavedFile(probe, 'This may be deleted.\n');
    removeFile(probe);
  });
  const { signal = new AbortController().signal } = options;
  await (await sessions.lockFile(probe, { waitMs: 0, signal, onWait: () => undefined })).release();

  const freeBytes = await writing(directory, async () => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  });
  if (freeBytes < MIN_FREE_BYTES)
    throw unwritable(directory, Object.assign(new Error('the disk is full'), { code: 'ENOSPC' }));

  await refuseLocked(sessions, state);

  return `${directory} can be written, ${(freeBytes / 1e9).toFixed(1)} GB free`;
}

/** @throws UploadError `session_locked` for the first upload that another process is working on */
async function refuseLocked(sessions: ReturnType<typeof openSessions>, { store }: State): Promise<void> {
  for await (const found of sessions.each()) {
    if (isUploadError(found)) continue;
    const { record } = found;
    if (record.status !== 'pending' && record.status !== 'completing') continue;
    const lockedBy = await sessions.owner(record.uploadId);
    if (lockedBy === null) continue;

    const { pid, host } = lockedBy;
    const owner = `process ${pid ?? 'unknown'}${host === null ? '' : ` on ${host}`}`;
    const message = `${record.uploadId} in ${store.location} is locked: ${owner} is working on it`;
    const advice = hint`Let it finish. A push of the same file can wait with ${option('waitLockMs', 600_000)}.`;
    throw new UploadError('session_locked', { message, hint: advice }, { uploadId: record.uploadId });
  }
}

async function writing<T>(place: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw unwritable(place, cause);
  }
}
