import { join, resolve } from 'node:path';
import { absolute, CONFIG_FILE, here, NAME, type Platform } from '../../model/platform.ts';

/** The file of the user's configuration, whether it is there or not. An empty variable means unset. */
export function configPath({ platform, env, home }: Platform = here()): string {
  const { OPENAI_UPLOAD_CONFIG_DIR: asked } = env;
  return join(asked ? resolve(asked) : defaultDirectory({ platform, env, home }), CONFIG_FILE);
}

/** Apart from the sessions on every platform: there each JSON file is a record. */
function defaultDirectory({ platform, env, home }: Platform): string {
  if (platform === 'win32')
    return join(absolute(env.APPDATA) ?? join(home, 'AppData', 'Roaming'), NAME, 'Config');
  if (platform === 'darwin') return join(home, 'Library', 'Preferences', NAME);
  return join(absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config'), NAME);
}
