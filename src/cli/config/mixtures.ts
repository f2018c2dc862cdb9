import type { Flags } from '../settings.ts';
import { overridingVariable } from './config-keys.ts';
import type { StoredConfig } from './profiles.ts';

interface Sources {
  readonly profile: string;
  /** The values of the profile, and those that apply without one. */
  readonly own: StoredConfig;
  readonly values: StoredConfig;
  readonly env: NodeJS.ProcessEnv;
  /** Includes the defaults of both. */
  readonly flags: Flags;
}

/**
 * Returns a note when a server from one source would get the key or the headers from another. This
 * may be intended, but must not go unnoticed: a key that has gone to a stranger cannot be taken back.
 */
export function mixturesIn(sources: Sources): readonly string[] {
  return [...mixedKey(sources), ...mixedHeaders(sources)];
}

/** Headers may be secrets of the server in OPENAI_BASE_URL, as for a gateway. */
function mixedHeaders({ profile, own, env, flags }: Sources): readonly string[] {
  const [host, other] = [hostOf(own.baseUrl), hostOf(env.OPENAI_BASE_URL)];
  const isOwnServer = own.baseUrl !== undefined && flags.baseUrl === own.baseUrl;
  if (!isOwnServer || !env.OPENAI_CUSTOM_HEADERS || !env.OPENAI_BASE_URL || host === other) return [];
  return [`the headers of OPENAI_CUSTOM_HEADERS go to ${host} of the profile ${profile}, not ${other}`];
}

function mixedKey({ profile, own, values, env, flags }: Sources): readonly string[] {
  const url = flags.baseUrl || env.OPENAI_BASE_URL || undefined;
  const host = hostOf(url);
  const place = `the profile ${profile}`;
  const keyPlace = flags.configuredBy?.keyCommand;

  if (own.baseUrl !== undefined && url !== own.baseUrl) {
    const by = flags.baseUrl ? '--base-url' : 'OPENAI_BASE_URL';
    return [`${by} is used instead of the base URL of ${place}: ${host}, not ${hostOf(own.baseUrl)}`];
  }

  if (own.keyCommand !== undefined && keyPlace === undefined) {
    const by = overridingVariable('keyCommand', env) ?? '--key-command';
    return [`the key of ${by}, and not of the keyCommand of ${place}, is for ${host}`];
  }

  if (own.baseUrl === undefined) {
    const isElsewhere = own.keyCommand !== undefined && url !== undefined && url !== values.baseUrl;
    return isElsewhere ? [`the key of ${place}, which has no base URL, is for ${host}`] : [];
  }

  const isOfConfiguration = keyPlace !== undefined && own.keyCommand === undefined;
  const isOwn = keyPlace !== undefined && !isOfConfiguration;
  const other = isOfConfiguration
    ? hostOf(values.baseUrl)
    : env.OPENAI_BASE_URL && hostOf(env.OPENAI_BASE_URL);
  if (isOwn || !other || other === host) return [];

  const key = isOfConfiguration ? 'keyCommand in the configuration' : 'the environment';

  return [`the key of ${key} is for ${host} of ${place}, not ${other}`];
}

/** A flag that names a key and is not used. */
export function unusedKeyCommand(
  isFlag: boolean,
  { OPENAI_API_KEY: key, OPENAI_API_KEY_FILE: file }: NodeJS.ProcessEnv,
): readonly string[] {
  if (!isFlag || (!key && !file)) return [];
  return [
    `--key-command is not run: ${key ? 'OPENAI_API_KEY' : 'OPENAI_API_KEY_FILE'} is set and goes before it`,
  ];
}

function hostOf(url: unknown): string {
  const text = url === undefined ? 'https://api.openai.com/v1' : String(url);
  return URL.canParse(text) ? new URL(text).host : 'another server';
}
