import { lstatSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../model/errors.ts';
import { refuseOtherFolders } from '../model/file-access.ts';
import { unwritable } from '../model/session-errors.ts';

/**
 * Whether it is time again for something that is done in a state directory every `everyMs` at most.
 * The time of a file there says when it was done last. Whoever is told so takes the turn: it is not
 * tried again sooner if that fails, nor by the other processes of a fleet.
 * @throws UploadError `session_unwritable`
 */
export function claimTurn(directory: string, nowMs: number, everyMs: number): boolean {
  // Beside the mark of the index, which every push has made by then.
  const path = join(directory, 'sources', 'swept');

  try {
    refuseOtherFolders(dirname(path));
    const last = lstatSync(path, { throwIfNoEntry: false });
    if (last !== undefined && (!last.isFile() || Math.abs(nowMs - last.mtimeMs) < everyMs)) return false;
    // The bytes do not matter.
    writeFileSync(path, `${new Date(nowMs).toISOString()}\n`, { mode: 0o600 });
    return true;
  } catch (cause) {
    // Nothing is saved there.
    if (systemCode(cause) === 'ENOENT') return false;
    throw unwritable(path, cause);
  }
}
