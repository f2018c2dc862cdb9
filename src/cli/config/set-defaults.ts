import type { Command } from 'commander';
import { checkConfig, type Entry } from './check-config.ts';
import { chooseProfile } from './choose-profile.ts';
import { type ConfigKey, overridingVariable } from './config-keys.ts';
import { type FlagValue, flagParser } from './flag-parser.ts';
import { knownProfiles } from './known-profiles.ts';
import { profilesOf, valuesOf } from './profiles.ts';

interface Stored {
  readonly stored: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The name of the one that is asked for. */
  readonly profile: string | undefined;
}

/**
 * Sets those flags of a command that neither its arguments nor the environment has set; the values of the profile go before the
 * others. What it does not take is checked all the same.
 * @returns what the environment overrides of a profile that a flag has named
 * @throws UploadError `usage`
 */
export function setDefaults(
  command: Command,
  env: NodeJS.ProcessEnv,
  { stored, path, profile }: Stored,
): readonly string[] {
  const profiles = profilesOf(stored, path);
  const values = valuesOf(stored);
  const own = profile === undefined ? {} : chooseProfile(profile, profiles, path);
  const parseFlag = flagParser(command);
  const general = checkConfig(values, path, parseFlag);
  const special = checkConfig(own, path, parseFlag, profile);
  const fault = [...general.faults, ...special.faults][0];
  if (fault !== undefined) throw fault;
  const taken = new Set(command.options.map((option) => option.attributeName()));
  const isOpen = ({ key }: Entry) => taken.has(key) && !isSet(command, key);
  const fromConfig: Partial<Record<ConfigKey, FlagValue>> = {};
  for (const { key, value } of [...general.entries, ...special.entries].filter(isOpen)) {
    if (overridingVariable(key, env) !== undefined) continue;
    command.setOptionValueWithSource(key, value, 'config');
    fromConfig[key] = value;
  }
  command.setOptionValue('fromConfig', fromConfig);
  const isNamed = profile !== undefined && command.getOptionValue('profile') === profile;
  const isFlag = isNamed && !env.OPENAI_UPLOAD_PROFILE;
  const isDirectoryGiven = isSet(command, 'stateDir');
  const known = knownProfiles({ values, profiles, chosen: profile, env, isFlag, isDirectoryGiven });
  command.setOptionValue('profiles', known);
  return isNamed ? special.entries.filter(isOpen).flatMap((entry) => overridden(entry, env, profile)) : [];
}

/** `--project "$UNSET"` is as good as none. */
function isSet(command: Command, key: ConfigKey): boolean {
  const isGiven = command.getOptionValueSource(key) === 'cli';
  return isGiven && command.getOptionValue(key) !== '';
}

function overridden({ key, text }: Entry, env: NodeJS.ProcessEnv, profile = ''): readonly string[] {
  const variable = overridingVariable(key, env);
  if (variable === undefined || env[variable] === text) return [];
  return [`${key} of the profile ${profile}: ${variable} is set in the environment and wins`];
}
