import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const NAME = 'openai-upload';

interface Platform {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

/** The platform's place for state that should outlive a run but is no one's document. */
export function defaultStateDirectory({ platform, env, home }: Platform = here()): string {
  if (platform === 'win32')
    return join(absolute(env.LOCALAPPDATA) ?? join(home, 'AppData', 'Local'), NAME, 'State');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', NAME);
  return join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), NAME);
}

/** A relative one would depend on where we are; the XDG specification has it ignored. */
function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}

function here(): Platform {
  return { platform: process.platform, env: process.env, home: homedir() };
}
