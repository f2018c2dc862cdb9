import type { Command } from 'commander';
import { isUploadError, type UploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { note, type Outcome, type Subject } from '../outcome.ts';
import type { Flags } from '../settings.ts';
import { isOutOfReach, openConfig } from './config-file.ts';
import {
  type ConfigKey,
  checkConfig,
  type Entry,
  type FlagValue,
  flagParser,
  overridingVariable,
} from './config-keys.ts';
import { mixturesIn, unusedKeyCommand } from './mixtures.ts';
import { chooseProfile, knownProfiles, profilesOf, valuesOf } from './profiles.ts';

/**
 * Gives a command the user's defaults. The commands below `config` and `completion` have no flags
 * of their own and do not read the file, so they run, and can fix it, when it is broken. A service
 * may have a home that it cannot look into. Its command gets a note and goes on, unless it has
 * named the directory or a profile. Most users have no configuration, so the whole program, which
 * is needed to read one, is built last.
 * @returns what to report before the command: notes, or the failures that take its place when the
 * configuration cannot be used
 */
export async function applyConfig(
  command: Command,
  env: NodeJS.ProcessEnv,
  whole: () => Promise<Command>,
): Promise<readonly Outcome[]> {
  if (command.options.length === 0) return [];
  const config = openConfig(env);
  const profile = profileAsked(command.getOptionValue('profile'), env);
  const notes = unusedKeyCommand(isSet(command, 'keyCommand'), env);

  try {
    const stored = config.read();
    const isEmpty = profile === undefined && Object.keys(stored).length === 0;
    const hints = isEmpty
      ? []
      : setDefaults(command, env, { stored, path: config.path, profile, program: await whole() });
    return notes.length + hints.length === 0 ? [] : [{ status: 'shown', notes, hints }];
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const isAsked = profile !== undefined || env.OPENAI_UPLOAD_CONFIG_DIR;
    if (!isAsked && isOutOfReach(error, config.path))
      return [note(escapeControl(`${error.message}; continuing without it`))];

    return refusals(command, error);
  }
}

interface Stored {
  readonly stored: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The name of the requested profile. */
  readonly profile: string | undefined;
  /** Has all commands declared. Their flags say how to read the values. */
  readonly program: Command;
}

/**
 * Sets the flags of a command that neither its arguments nor the environment has set. The values of
 * the profile win over the others. A profile that a flag has named wins over the environment too.
 * Values that the command does not take are still checked.
 * @returns notes for people, when the values of a profile are mixed with others
 * @throws UploadError `usage`
 */
export function setDefaults(
  command: Command,
  env: NodeJS.ProcessEnv,
  { stored, path, profile, program }: Stored,
): readonly string[] {
  const profiles = profilesOf(stored, path);
  const values = valuesOf(stored);
  const own = profile === undefined ? {} : chooseProfile(profile, profiles, path);
  const parseFlag = flagParser(program);
  const general = checkConfig(values, path, parseFlag);
  const special = checkConfig(own, path, parseFlag, profile);
  const fault = [...general.faults, ...special.faults][0];
  if (fault !== undefined) throw fault;

  const taken = new Set(command.options.map((option) => option.attributeName()));
  const isOpen = ({ key }: Entry) => taken.has(key) && !isSet(command, key);
  const fromConfig: Partial<Record<ConfigKey, FlagValue>> = {};
  const configuredBy: Partial<Record<ConfigKey, string>> = {};

  const isNamed = profile !== undefined && command.getOptionValue('profile') === profile;

  for (const entry of [...general.entries, ...special.entries].filter(isOpen)) {
    const { key, value } = entry;
    const isFirst = isNamed && special.entries.includes(entry);
    if (!isFirst && overridingVariable(key, env) !== undefined) continue;
    command.setOptionValueWithSource(key, value, 'config');
    fromConfig[key] = value;
    configuredBy[key] = special.entries.includes(entry) ? `the profile ${profile}` : 'the configuration';
  }

  command.setOptionValue('fromConfig', fromConfig);
  command.setOptionValue('configuredBy', configuredBy);
  const isFlag = isNamed && !env.OPENAI_UPLOAD_PROFILE;
  const isDirectoryGiven = isSet(command, 'stateDir');
  const known = knownProfiles({ values, profiles, chosen: profile, env, isNamed, isFlag, isDirectoryGiven });

  command.setOptionValue('profiles', known);

  if (profile === undefined || !taken.has('auth')) return [];
  return mixturesIn({ profile, own, values, env, flags: command.opts<Flags>() }).map(escapeControl);
}

/** An empty flag counts as not given: `--project "$UNSET"`. */
function isSet(command: Command, key: ConfigKey): boolean {
  const isGiven = command.getOptionValueSource(key) === 'cli';
  return isGiven && command.getOptionValue(key) !== '';
}

/** The failure is reported once, and applies to everything that the command was asked to work on. */
function refusals(command: Command, error: UploadError): readonly Outcome[] {
  return subjectsOf(command).map((subject, index) => ({
    status: 'failed',
    subject,
    error,
    wasSkipped: index > 0,
    isOfAll: true,
  }));
}

function subjectsOf(command: Command): readonly Subject[] {
  const isOfFiles = command.registeredArguments[0]?.name() === 'file';
  if (isOfFiles && command.args.length > 0) return command.args.map((path) => ({ path }));
  const ids = command.args.length === 0 ? [null] : command.args;
  return ids.map((uploadId) => ({ uploadId, command: command.name() }));
}

/** Returns the requested profile, if there is one. An empty flag counts as none. */
export function profileAsked(flag: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return flag || env.OPENAI_UPLOAD_PROFILE || undefined;
}
