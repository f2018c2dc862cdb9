import type { Flags } from '../settings.ts';

/** What may be kept as a default: flags that are not about one file. With each, the variables that win over it. */
export const CONFIG_KEYS = {
  baseUrl: ['OPENAI_BASE_URL'],
  organization: ['OPENAI_ORG_ID'],
  project: ['OPENAI_PROJECT_ID'],
  auth: [],
  stateDir: ['OPENAI_UPLOAD_STATE_DIR'],
  partSize: [],
  concurrency: [],
  limitRate: [],
  retries: [],
  stallTimeout: [],
  waitLock: [],
  progress: [],
  progressInterval: [],
  color: ['NO_COLOR', 'FORCE_COLOR'],
} as const satisfies { readonly [K in keyof Flags]?: readonly string[] };

export type ConfigKey = keyof typeof CONFIG_KEYS;

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(CONFIG_KEYS, key);
}

/** The variable that wins over a key, when one is set. An empty one is not. */
export function overridingVariable(key: ConfigKey, env: NodeJS.ProcessEnv): string | undefined {
  return CONFIG_KEYS[key].find((name) => env[name]);
}
