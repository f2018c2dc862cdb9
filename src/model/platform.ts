import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** The name of our folder in the platform's directories. */
export const NAME = 'openai-upload';

/** The file of the configuration. It is not a record, even when both are in the same directory. */
export const CONFIG_FILE = 'config.json';

/** What decides where a platform keeps files. */
export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export function here(env: NodeJS.ProcessEnv = process.env): Platform {
  return { platform: process.platform, env, home: home() };
}

/**
 * Takes HOME, else what the system says. An empty HOME, as some services have, means unset. A user
 * that the system does not know, as in containers, has no home; the root directory is used instead.
 */
function home(): string {
  try {
    return absolute(homedir()) ?? userInfo().homedir;
  } catch {
    return '/';
  }
}

/**
 * A relative path would depend on the working directory. The XDG specification says to ignore it.
 */
export function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}
