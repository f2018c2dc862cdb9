import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

/** The name of this tool's folder in the platform's directories. */
export const NAME = 'openai-upload';

/** The configuration file. It is not a record, even when it is in the same directory as records. */
export const CONFIG_FILE = 'config.json';

/** Everything that decides where a platform keeps files. */
export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export function here(env: NodeJS.ProcessEnv = process.env): Platform {
  return { platform: process.platform, env, home: home() };
}

/**
 * Returns HOME, or else the home directory that the system knows. An empty HOME, as some services
 * have, counts as unset. In a container the system may not know the user; then the root directory
 * is used.
 */
function home(): string {
  try {
    return absolute(homedir()) ?? userInfo().homedir;
  } catch {
    return '/';
  }
}

/**
 * Returns undefined for a relative path, which would depend on the working directory. The XDG
 * specification says to ignore it.
 */
export function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}
