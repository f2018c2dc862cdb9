import type { connectionFromEnvironment } from '../../options/environment.ts';
import { type Flags, transferOptions } from '../settings.ts';
import { configPath } from './config-file.ts';
import { CONFIG_KEYS, type ConfigKey, overridingVariable } from './config-keys.ts';

/**
 * Lists what is set, and by what, in one line. Says where the key comes from, but never the key.
 */
export function settingsOf(flags: Flags, env: NodeJS.ProcessEnv): string {
  const { apiKey, keySource, ...options } = transferOptions(flags, env);
  const keys = Object.keys(CONFIG_KEYS) as readonly ConfigKey[];
  const values: Partial<Record<string, unknown>> = { ...options, ...flags };
  const set = keys.flatMap((key) => {
    const value = values[key] || (options as Partial<Record<string, unknown>>)[key];
    // The source of the key is added at the end.
    if (key === 'keyCommand' || key === 'color' || value === undefined || value === '') return [];
    return [`${key} ${value} (${originOf(key, flags, env)})`];
  });

  const server = options.baseUrl === undefined ? ['baseUrl https://api.openai.com/v1 (default)'] : [];
  const key = apiKey !== undefined ? 'OPENAI_API_KEY' : keySource ? nameOf(keySource) : 'nowhere';

  return [...server, ...set, `key from ${key}`, `configuration ${configPath()}`].join(', ');
}

function originOf(key: ConfigKey, { configuredBy = {}, ...flags }: Flags, env: NodeJS.ProcessEnv): string {
  const place = configuredBy[key];
  if (place !== undefined) return place;
  const isFlag = flags[key] !== undefined && flags[key] !== '';
  return isFlag ? 'flag' : (overridingVariable(key, env) ?? 'default');
}

function nameOf(source: NonNullable<ReturnType<typeof connectionFromEnvironment>['keySource']>): string {
  if (source.type === 'file') return `the file ${source.path}`;
  if (source.type === 'command') return source.setBy ?? 'a command';
  return `a workload identity (${source.tokenFile === undefined ? 'GitHub Actions' : source.tokenFile})`;
}
