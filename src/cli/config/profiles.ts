import { type Account, UploadError } from '../../index.ts';
import { differingFields } from '../../model/account.ts';
import { shownUrl } from '../../model/base-url.ts';
import { accountOf } from '../../options/validate.ts';
import type { KnownProfile } from '../settings.ts';
import { suggest } from '../suggest.ts';
import { overridingVariable } from './config-keys.ts';

/** The key in the file that holds the values of each profile under the profile's name. */
const PROFILES = 'profiles';

/** A valid name cannot be mistaken for a flag or a path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The configuration exactly as it is in the file. */
export type StoredConfig = Readonly<Record<string, unknown>>;

export type Profiles = Readonly<Record<string, StoredConfig>>;

/** Returns the values that apply without a profile. */
export function valuesOf({ [PROFILES]: _, ...values }: StoredConfig): StoredConfig {
  return values;
}

/** @throws UploadError `usage` when the file has something else there */
export function profilesOf(stored: StoredConfig, path: string): Profiles {
  const profiles = Object.hasOwn(stored, PROFILES) ? stored[PROFILES] : {};
  const remove = `openai-upload config unset ${PROFILES}`;

  if (!isObject(profiles)) {
    const message = `${path}: ${PROFILES} must be an object that has an object of values for each name`;
    throw new UploadError('usage', { message, hint: `To remove it: ${remove}` });
  }

  const [odd] = Object.entries(profiles).find(([, values]) => !isObject(values)) ?? [];
  if (odd === undefined) return profiles as Profiles;

  const message = `${path}: the profile ${odd} must hold an object of values`;

  throw new UploadError('usage', {
    message,
    hint: `Fix it in an editor. To remove all profiles: ${remove}`,
  });
}

/** @throws UploadError `usage` */
export function checkProfileName(name: string): void {
  if (NAME.test(name)) return;
  const message = 'that is not a valid name for a profile';
  const hint =
    'Use at most 64 letters, digits, dots, dashes and underscores, beginning with a letter or a digit.';
  throw new UploadError('usage', { message, hint });
}

/** Returns the configuration with one more value, at the top or in a profile. */
export function withValue(
  stored: StoredConfig,
  { key, text, profile, path }: { key: string; text: string; profile: string | undefined; path: string },
): StoredConfig {
  if (profile === undefined) return { ...stored, [key]: text };
  const profiles = profilesOf(stored, path);
  return { ...stored, [PROFILES]: { ...profiles, [profile]: { ...profiles[profile], [key]: text } } };
}

/** Returns the configuration without one value. A profile is removed with its last value. */
export function withoutValue(
  stored: StoredConfig,
  { key, profile, path }: { key: string; profile: string | undefined; path: string },
): StoredConfig {
  if (profile === undefined) {
    const { [key]: _, ...rest } = stored;
    return rest;
  }

  const { [profile]: values = {}, ...others } = profilesOf(stored, path);
  const { [key]: _, ...rest } = values;
  const profiles = Object.keys(rest).length === 0 ? others : { ...others, [profile]: rest };

  return Object.keys(profiles).length === 0 ? valuesOf(stored) : { ...stored, [PROFILES]: profiles };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the values of a profile. @throws UploadError `usage` when no profile has that name */
export function chooseProfile(name: string, profiles: Profiles, path: string): StoredConfig {
  const values = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (values !== undefined) return values;

  const near = suggest(name, Object.keys(profiles));
  const meant = near === undefined ? '' : `Did you mean ${near}?`;
  const create = `To make one: openai-upload config set --profile ${name} baseUrl https://…`;

  throw new UploadError('usage', {
    message: `there is no profile ${name} in ${path}`,
    // A profile with such a name could not be created.
    hint: `${meant} ${NAME.test(name) ? create : ''}`.trim(),
  });
}

const SERVER_KEYS = ['baseUrl', 'organization', 'project'] as const;

interface Situation {
  /** The values that apply without a profile. */
  readonly values: StoredConfig;
  readonly profiles: Profiles;
  readonly chosen: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a flag has named the chosen profile. */
  readonly isNamed: boolean;
  /** Whether the user can do without a profile by leaving out a flag. */
  readonly isFlag: boolean;
  /** Whether a flag has named the state directory, which then applies to every profile. */
  readonly isDirectoryGiven: boolean;
}

/**
 * Returns the profiles that use the same state directory. Each is taken as if a flag named it,
 * because then it wins over the environment. A profile that cannot be used is left out; its fault
 * is reported when the user asks for it.
 */
export function knownProfiles(situation: Situation): readonly KnownProfile[] {
  const { values, profiles, chosen, env, isNamed, isFlag, isDirectoryGiven } = situation;
  const inEnvironment = (key: 'stateDir' | (typeof SERVER_KEYS)[number]) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? undefined : env[variable];
  };
  const at = (own: StoredConfig, key: Parameters<typeof inEnvironment>[0]) =>
    textOf(own[key] ?? inEnvironment(key) ?? values[key]);
  const current = profiles[chosen ?? ''] ?? {};
  const stateDir = (isNamed ? undefined : inEnvironment('stateDir')) ?? at(current, 'stateDir');
  const all = [...Object.entries(profiles), ...(isFlag ? [['', {}] as const] : [])];

  return all.flatMap(([name, own]) => {
    if (!isDirectoryGiven && at(own, 'stateDir') !== stateDir) return [];
    try {
      return [{ name, ...accountOf(Object.fromEntries(SERVER_KEYS.map((key) => [key, at(own, key)]))) }];
    } catch {
      return [];
    }
  });
}

/** Returns the profiles as they may be shown. */
export function shownProfiles(profiles: Profiles): Profiles {
  const shown = (values: StoredConfig) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shownValue(key, value)]));
  return Object.fromEntries(Object.entries(profiles).map(([name, values]) => [name, shown(values)]));
}

/** Hides what may be secret. `config get` alone prints a value as it is, because it is for that. */
export function shownValue<T>(key: string, value: T): T | string {
  return key === 'baseUrl' && typeof value === 'string' ? shownUrl(value) : value;
}

/** Completes the sentence "It belongs to …". */
export function formatProfile(name: string): string {
  return name === '' ? 'no profile' : `the profile ${name}`;
}

/** Returns the profile that reaches a session, if there is one. */
export function profileFor(server: Account, profiles: readonly KnownProfile[] = []): string | undefined {
  return profiles.find((profile) => differingFields(profile, server).length === 0)?.name;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
