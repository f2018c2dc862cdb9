import { join } from 'node:path';
import { absolute, here, NAME, type Platform } from '../model/platform.ts';

/** The platform's place for state that should outlive a run but is no one's document. */
export function defaultStateDirectory({ platform, env, home }: Platform = here()): string {
  if (platform === 'win32')
    return join(absolute(env.LOCALAPPDATA) ?? join(home, 'AppData', 'Local'), NAME, 'State');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', NAME);
  return join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), NAME);
}
