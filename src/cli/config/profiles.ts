import { UploadError } from '../../model/errors.ts';
import type { StoredConfig } from './parse-config.ts';

/** The key under which the file has the values of profiles, each below the name of its own. */
const PROFILES = 'profiles';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

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
    hint: `Mend it in an editor. To remove all profiles: ${remove}`,
  });
}

/** None could be taken for a flag or a path. */
export function isProfileName(name: string): boolean {
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
