import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { CommandContext } from './command.ts';
import type { Flags } from './settings.ts';

/** The locks of a file, and the temporary files while they are created. */
const LOCKS = /^((\.write)?\.lock(\.takeover)?(\.[0-9a-f-]+)?)?$/;

/**
 * Tells which files below a folder this push writes itself, which would change while they are sent.
 * A state directory that is the folder, or around it, has files of the user in it.
 */
export function ownFiles(folder: string, { output, manifest, stateDir }: Flags, { env }: CommandContext) {
  const root = realPath(folder);
  const files = [output, manifest].flatMap((file) => {
    if (file === undefined) return [];
    const place = join(realPath(dirname(file)), basename(file));
    return [place, realPath(place)];
  });
  const stateFolder = stateDir || env.OPENAI_UPLOAD_STATE_DIR;
  const state = stateFolder && realPath(stateFolder);
  const isBelow = (path: string, above: string) => path.startsWith(`${above}${sep}`);

  return (path: string): boolean => {
    const whole = join(root, relative(folder, path));
    if (state && isBelow(whole, state) && isBelow(state, root)) return true;
    return files.some((file) => whole.startsWith(file) && LOCKS.test(whole.slice(file.length)));
  };
}

/** The output may be named through a link, or where case does not matter in another case than the folder. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}
