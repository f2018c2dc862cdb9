import type { Flags } from '../settings.ts';
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
 * Returns a note when a server from one source would get the key from another. This may be
 * intended, but must not go unnoticed: a key that has gone to a stranger cannot be taken back.
 */
export function mixturesIn({ profile, own, values, env, flags }: Sources): readonly string[] {
  const url = flags.baseUrl || env.OPENAI_BASE_URL || undefined;
  const host = hostOf(url);
  const place = `the profile ${profile}`;

  if (own.baseUrl !== undefined && url !== own.baseUrl) {
    const by = flags.baseUrl ? '--base-url' : 'OPENAI_BASE_URL';
    return [`${by} is used instead of the base URL of ${place}: ${host}, not ${hostOf(own.baseUrl)}`];
  }

  if (own.baseUrl === undefined) {
    const isElsewhere = own.keyCommand !== undefined && url !== undefined && url !== values.baseUrl;
    return isElsewhere ? [`the key of ${place}, which has no base URL, is for ${host}`] : [];
  }

  const isOfConfiguration = flags.configuredBy?.keyCommand !== undefined && own.keyCommand === undefined;
  const other = isOfConfiguration ? values.baseUrl : env.OPENAI_BASE_URL;
  const isOwn = flags.configuredBy?.keyCommand !== undefined && own.keyCommand !== undefined;
  if (isOwn || !other || hostOf(other) === host) return [];

  const key = isOfConfiguration ? 'keyCommand in the configuration' : 'the environment';

  return [`the key of ${key} is for ${host} of ${place}, not ${hostOf(other)}`];
}

function hostOf(url: unknown): string {
  const text = typeof url === 'string' ? url : '';
  return URL.canParse(text) ? new URL(text).host : 'another server';
}
