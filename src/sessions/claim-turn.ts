import { lstatSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../model/errors.ts';
import { refuseOtherFolders } from '../model/file-access.ts';
import { unwritable } from '../model/session-errors.ts';

/**
 * Returns whether it is time again for a task that runs in a state directory at most every
 * `everyMs`. The time of a file there says when it ran last. A caller that gets true has taken the
 * turn: if the task fails, neither this process nor another one of the fleet tries again sooner.
 * @throws UploadError `session_unwritable`
 */
export function claimTurn(directory: string, nowMs: number, everyMs: number): boolean {
  // Lies beside the mark of the index, which every push has created by then.
  const path = join(directory, 'sources', 'swept');

  try {
    refuseOtherFolders(dirname(path));
    const last = lstatSync(path, { throwIfNoEntry: false });
    if (last !== undefined && (!last.isFile() || Math.abs(nowMs - last.mtimeMs) < everyMs)) return false;
    // The content does not matter, only the time.
    writeFileSync(path, `${new Date(nowMs).toISOString()}\n`, { mode: 0o600 });
    return true;
  } catch (cause) {
    // The folder does not exist, so nothing is saved here.
    if (systemCode(cause) === 'ENOENT') return false;
    throw unwritable(path, cause);
  }
}
