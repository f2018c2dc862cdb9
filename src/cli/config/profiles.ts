import { type Account, UploadError } from '../../index.ts';
import { accountOf } from '../../options/validate.ts';
import type { KnownProfile } from '../settings.ts';
import { suggest } from '../suggest.ts';
import { overridingVariable } from './config-keys.ts';

/** The key under which the file has the values of profiles, each below the name of its own. */
const PROFILES = 'profiles';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The configuration as its file has it. */
export type StoredConfig = Readonly<Record<string, unknown>>;

export type Profiles = Readonly<Record<string, StoredConfig>>;

/** What holds without a profile. */
export function valuesOf({ [PROFILES]: _, ...values }: StoredConfig): StoredConfig {
  return values;
}

/** @throws UploadError `usage` when somebody has written something else there */
export function profilesOf(stored: StoredConfig, path: string): Profiles {
  const profiles = Object.hasOwn(stored, PROFILES) ? stored[PROFILES] : {};
  const remove = `openai-upload config unset ${PROFILES}`;

  if (!isObject(profiles)) {
    const message = `${path}: ${PROFILES} must hold a name and an object of values for each`;
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

/** None could be taken for a flag or a path. */
function isProfileName(name: string): boolean {
  return NAME.test(name);
}

/** @throws UploadError `usage` */
export function checkProfileName(name: string): void {
  if (isProfileName(name)) return;
  const message = 'that is no name for a profile';
  const hint =
    'It has letters, digits, dots, dashes and underscores, 64 at most, and begins with a letter or a digit.';
  throw new UploadError('usage', { message, hint });
}

/** The same with one value more, at the top or in a profile. */
export function withValue(
  stored: StoredConfig,
  { key, text, profile, path }: { key: string; text: string; profile: string | undefined; path: string },
): StoredConfig {
  if (profile === undefined) return { ...stored, [key]: text };
  const profiles = profilesOf(stored, path);
  return { ...stored, [PROFILES]: { ...profiles, [profile]: { ...profiles[profile], [key]: text } } };
}

/** The same with one value less; a profile ends with its last. */
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

/** The values of a profile. @throws UploadError `usage` when there is none of that name */
export function chooseProfile<T>(name: string, profiles: Readonly<Record<string, T>>, path: string): T {
  const values = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (values !== undefined) return values;

  const near = suggest(name, Object.keys(profiles));
  const meant = near === undefined ? '' : `Did you mean ${near}?`;
  const create = `To make one: openai-upload config set --profile ${name} baseUrl https://…`;

  throw new UploadError('usage', {
    message: `there is no profile ${name} in ${path}`,
    // One with such a name could not be made.
    hint: `${meant} ${isProfileName(name) ? create : ''}`.trim(),
  });
}

const SERVER_KEYS = ['baseUrl', 'organization', 'project'] as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * Those that look into the same state directory, as they are when a flag names them: then they go
 * before the environment. One that cannot be used is left out: its fault is reported when it is asked for.
 */
export function knownProfiles({
  values,
  profiles,
  chosen,
  env,
  isNamed,
  isFlag,
  isDirectoryGiven,
}: {
  readonly values: Values;
  readonly profiles: Readonly<Record<string, Values>>;
  readonly chosen: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Whether a flag has named the chosen one. */
  readonly isNamed: boolean;
  /** Whether a profile can be done without, by leaving out a flag. */
  readonly isFlag: boolean;
  /** Whether a flag has named the state directory, for whatever profile. */
  readonly isDirectoryGiven: boolean;
}): readonly KnownProfile[] {
  const inEnvironment = (key: 'stateDir' | (typeof SERVER_KEYS)[number]) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? undefined : env[variable];
  };
  const at = (own: Values, key: Parameters<typeof inEnvironment>[0]) =>
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

/** In words, after "it is of". */
export function formatProfile(name: string): string {
  return name === '' ? 'no profile' : `the profile ${name}`;
}

/** The one that reaches a session, if there is one. */
export function profileFor(server: Account, profiles: readonly KnownProfile[] = []): string | undefined {
  return profiles.find((profile) => SERVER_KEYS.every((key) => profile[key] === server[key]))?.name;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
