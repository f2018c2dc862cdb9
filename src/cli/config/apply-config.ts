import type { Command } from 'commander';
import type { UploadError } from '../../index.ts';
import { isUploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import type { CommandContext } from '../command.ts';
import type { Outcome, Shown, Subject } from '../outcome.ts';
import type { Flags } from '../settings.ts';
import { checkConfig, type Entry } from './check-config.ts';
import { isOutOfReach, openConfig } from './config-file.ts';
import { type ConfigKey, type FlagValue, flagParser, overridingVariable } from './config-keys.ts';
import { mixturesIn, unusedKeyCommand } from './mixtures.ts';
import { chooseProfile, knownProfiles, profilesOf, valuesOf } from './profiles.ts';

type Work = (context: CommandContext) => AsyncGenerator<Outcome>;

/**
 * Gives a command the user's defaults. The commands below `config` and `completion` have no flags
 * of their own and do not read the file, so that they run, and fix it, when it is broken. A
 * service may have a home that it cannot look into: it gets a note and goes on, unless it has named
 * the directory, or a profile. Most users have none, so what understands one is loaded last.
 * @returns what to make of the command: with a note before it, or another in its place when the
 * configuration cannot be used
 */
export async function applyConfig(
  command: Command,
  env: NodeJS.ProcessEnv,
  whole: () => Command,
): Promise<((work: Work) => Work) | undefined> {
  if (command.options.length === 0) return undefined;
  const config = openConfig(env);
  const profile = profileAsked(command.getOptionValue('profile'), env);
  const notes = unusedKeyCommand(isSet(command, 'keyCommand'), env);
  const withAll = (hints: readonly string[]) =>
    notes.length + hints.length === 0 ? undefined : (work: Work) => withLines({ notes, hints }, work);
  try {
    const stored = config.read();
    if (profile === undefined && Object.keys(stored).length === 0) return withAll([]);

    return withAll(setDefaults(command, env, { stored, path: config.path, profile, program: whole() }));
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (profile === undefined && !env.OPENAI_UPLOAD_CONFIG_DIR && isOutOfReach(error, config.path)) {
      const note = escapeControl(`${error.message}; going on without it`);
      return (work) => withLines({ notes: [note] }, work);
    }

    return () => () => refuseCommand(command, error);
  }
}

function withLines(lines: Pick<Partial<Shown>, 'notes' | 'hints'>, work: Work): Work {
  return async function* (context) {
    yield { status: 'shown', shown: { objects: [], lines: [], notes: [], ...lines } };
    yield* work(context);
  };
}

interface Stored {
  readonly stored: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The name of the one that is asked for. */
  readonly profile: string | undefined;
  /** With all commands, whose flags say how the values are read. */
  readonly program: Command;
}

/**
 * Sets those flags of a command that neither its arguments nor the environment has set; the values
 * of the profile go before the others. A profile that a flag has named goes before the environment,
 * too. What the command does not take is checked all the same.
 * @returns what is mixed of a profile and of something else, for people
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

/** `--project "$UNSET"` is as good as none. */
function isSet(command: Command, key: ConfigKey): boolean {
  const isGiven = command.getOptionValueSource(key) === 'cli';
  return isGiven && command.getOptionValue(key) !== '';
}

/**
 * The outcomes of a command that was kept from beginning: a failure that is reported once and
 * stands against all it was asked for.
 */
export async function* refuseCommand(command: Command, error: UploadError): AsyncGenerator<Outcome> {
  for (const [index, subject] of subjectsOf(command).entries())
    yield { status: 'failed', subject, error, wasSkipped: index > 0, isOfAll: true };
}

function subjectsOf(command: Command): readonly Subject[] {
  const isOfFiles = command.registeredArguments[0]?.name() === 'file';
  if (isOfFiles && command.args.length > 0) return command.args.map((path) => ({ path }));
  const ids = command.args.length === 0 ? [null] : command.args;
  return ids.map((uploadId) => ({ uploadId, command: command.name() }));
}

/** The profile that is asked for, if one is. A flag that is there but empty is as good as none. */
export function profileAsked(flag: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return flag || env.OPENAI_UPLOAD_PROFILE || undefined;
}
