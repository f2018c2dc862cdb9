import type { Flags } from '../settings.ts';
import type { StoredConfig } from './profiles.ts';

interface Sources {
  readonly profile: string;
  /** What the profile says, and what holds without one. */
  readonly own: StoredConfig;
  readonly values: StoredConfig;
  readonly env: NodeJS.ProcessEnv;
  /** With the defaults of both. */
  readonly flags: Flags;
}

/**
 * Where a server of one place would get the key of another. It may be meant, but must not happen
 * unseen: a key that has gone to a stranger cannot be taken back.
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
