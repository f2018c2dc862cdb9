import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** The folder of ours within the platform's places. */
export const NAME = 'openai-upload';

/** The configuration's file. Who gives both the same directory has it among the records, and it is none of them. */
export const CONFIG_FILE = 'config.json';

/** What decides where a platform keeps its files. */
export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export function here(env: NodeJS.ProcessEnv = process.env): Platform {
  return { platform: process.platform, env, home: home() };
}

/**
 * By the variable, else by the system: an empty HOME, as some services have it, means unset. A user whom the system does not
 * know, as containers have them, has none; root is where they end up.
 */
function home(): string {
  try {
    return absolute(homedir()) ?? userInfo().homedir;
  } catch {
    return '/';
  }
}

/** A relative one would depend on where we are; the XDG specification has it ignored. */
export function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}
