import type { Command } from 'commander';
import type { UploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import {
  type CommandContext,
  type CommandSetup,
  type Example,
  outcomeOf,
  quietly,
  withExamples,
} from '../command.ts';
import { profileAsked } from '../config/apply-config.ts';
import { openConfig, type Place, readPlace } from '../config/config-file.ts';
import {
  checkConfig,
  checkKey,
  flagParser,
  overridingVariable,
  type ParseFlag,
  parseValue,
} from '../config/config-keys.ts';
import { checkProfileName, profilesOf, shownProfiles, shownValue } from '../config/profiles.ts';
import { hideFlags } from '../flags.ts';
import type { Outcome, Shown } from '../outcome.ts';
import type { Flags } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['keep a default', 'openai-upload config set partSize 32MB'],
  ['see what is kept', 'openai-upload config list'],
  ['go back to the built-in value', 'openai-upload config unset partSize'],
  ['keep one for another account', 'openai-upload config set --profile work organization org-abc123'],
];

const KEYS_HELP = `
Keys, which take the values of the flags of the same name (color: auto or never):
  baseUrl, organization, project, auth, keyCommand, mtlsClientCertFile,
  mtlsClientKeyFile, stateDir, partSize, concurrency, limitRate, maxRequests,
  retries, stallTimeout, waitLock, keep, progress, progressInterval, color
The API key is never kept: set OPENAI_API_KEY, or have keyCommand print it.
With --profile, the values belong to that profile and win over the others.`;

/** Where the values are kept, and how their flags read them. */
type Call = Place & { readonly parseFlag: ParseFlag };

type Work = (call: Call) => Told | Promise<Told>;
type ConfigContext = CommandContext & Pick<CommandSetup, 'whole'>;

/**
 * Declares `config` and the commands below it. The flags of `config` may stand anywhere among their
 * words.
 */
export function addConfig(config: Command, { execute, whole }: CommandSetup): void {
  withExamples(config, EXAMPLES);
  const run = (self: Command, work: Work) =>
    execute(quietly(self.optsWithGlobals<Flags>()), (context) =>
      runConfig(work, self, { ...context, whole }),
    );
  const declare = (usage: string, description: string, examples: readonly Example[]) =>
    withExamples(config.command(usage), examples).description(description);
  hideFlags(config, ['baseUrl', 'organization', 'project', 'stateDir', 'verbose']);
  config.addHelpText('after', KEYS_HELP);

  declare('list', 'print what is kept', [
    ['a line for each key: the key, a tab and its value', 'openai-upload config list'],
    ['one object', 'openai-upload config list --json'],
    ['the keys alone', 'openai-upload config list | cut -f 1'],
  ]).action((_: unknown, self: Command) => run(self, listConfig));
  declare('profiles', 'print the names of the profiles', [
    ['a line for each name, with its base URL', 'openai-upload config profiles'],
    ['the names alone', 'openai-upload config profiles | cut -f 1'],
    ['one object', 'openai-upload config profiles --json'],
  ]).action((_: unknown, self: Command) => run(self, listProfiles));
  declare('get <key>', 'print the value of a key', [
    ['print a value as it was set', 'openai-upload config get partSize'],
    ['keep it; empty when it is not set', 'size=$(openai-upload config get partSize)'],
    ['null when it is not set', 'openai-upload config get partSize --json'],
  ]).action((key: string, _: unknown, self: Command) => run(self, (call) => getConfig(key, call)));
  declare('set <key> <value>', 'keep a value for a key', [
    ['six parts at once', 'openai-upload config set concurrency 6'],
    ['a size as its flag takes it', 'openai-upload config set partSize 32MB'],
    ['another server', 'openai-upload config set baseUrl https://eu.api.openai.com/v1'],
  ])
    .addHelpText('after', KEYS_HELP)
    .action((key: string, value: string, _: unknown, self: Command) =>
      run(self, (call) => setConfig(key, value, call)),
    );
  declare('unset <key>', 'remove the value of a key', [
    ['go back to the built-in value', 'openai-upload config unset partSize'],
    ['to the usual server', 'openai-upload config unset baseUrl'],
    ['with an object on stdout', 'openai-upload config unset partSize --json'],
  ]).action((key: string, _: unknown, self: Command) => run(self, (place) => unsetConfig(key, place)));
  declare('path', 'print where the configuration is', [
    ['where the file is, or would be', 'openai-upload config path'],
    ['look at it as it stands', 'cat "$(openai-upload config path)"'],
    ['keep it elsewhere', 'OPENAI_UPLOAD_CONFIG_DIR=./team openai-upload config path'],
  ]).action((_: unknown, self: Command) => run(self, showConfigPath));
}

const SUBJECT = { uploadId: null, command: 'config' } as const;

/** What a command of `config` shows. Faults are reported as failures. */
type Told = Shown & { readonly faults?: readonly UploadError[] };

async function* runConfig(work: Work, self: Command, context: ConfigContext): AsyncGenerator<Outcome> {
  let faults: readonly UploadError[] = [];
  yield await outcomeOf(SUBJECT, context, async () => {
    const { env } = context;
    const profile = profileAsked(self.optsWithGlobals<Flags>().profile, env);
    const told = await work({ env, profile, parseFlag: flagParser(await context.whole()) });
    faults = told.faults ?? [];
    return { status: 'shown', ...told };
  });
  for (const error of faults) yield { status: 'failed', subject: SUBJECT, error };
}

/** Shows the valid values and also reports the faults, which helps the user to fix the file. */
function listConfig(call: Call): Told {
  const { env, profile, parseFlag } = call;
  const { path, stored, profiles, faults: unreadable } = readPlace(call);
  const { entries, faults } = checkConfig(stored, path, parseFlag, profile);
  const overridden = entries.flatMap(({ key }) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? [] : [{ key, variable }];
  });

  const values = Object.fromEntries(entries.map(({ key, text }) => [key, shownValue(key, text)]));
  const variables = Object.fromEntries(overridden.map(({ key, variable }) => [key, variable]));

  const others = profile === undefined && profiles.length > 0 ? [`profiles: ${profiles.join(', ')}`] : [];

  return {
    objects: [{ v: 1, path, values, overridden_by: variables, profile: profile ?? null, profiles }],
    lines: entries.map(({ key, text }) => `${key}\t${escapeControl(shownValue(key, text))}`),
    notes: [...overridden.map(({ key, variable }) => winsOver(key, variable)), ...others.map(escapeControl)],
    faults: [...unreadable, ...faults],
  };
}

/** Prints nothing on stdout for a key that is not set. Empty output means unset. */
function getConfig(name: string, call: Call): Told {
  const key = checkKey(name);
  const { path, stored } = readPlace(call);
  const value = stored[key];
  if (value === undefined) return { objects: [{ v: 1, key, value: null }], notes: [`${key} is not set`] };

  const { entries, faults } = checkConfig({ [key]: value }, path, call.parseFlag, call.profile);

  return {
    objects: entries.map(({ text }) => ({ v: 1, key, value: text })),
    lines: entries.map(({ text }) => escapeControl(text)),
    faults,
  };
}

/** A profile is created with its first value. */
async function setConfig(name: string, text: string, { env, profile, parseFlag }: Call): Promise<Told> {
  if (profile !== undefined) checkProfileName(profile);
  const key = checkKey(name);
  parseValue(key, text, parseFlag);
  await openConfig(env).set(key, text, profile);
  const variable = overridingVariable(key, env);

  return {
    objects: [{ v: 1, key, value: shownValue(key, text) }],
    notes: variable === undefined ? [] : [winsOver(key, variable)],
  };
}

/** Also removes keys that should never have been in the file. */
async function unsetConfig(name: string, place: Place): Promise<Told> {
  const { env, profile } = place;
  const config = openConfig(env);
  const stored = profile === undefined ? config.read() : readPlace(place).stored;
  if (Object.hasOwn(stored, name)) await config.unset(name, profile);
  else checkKey(name);
  return { objects: [{ v: 1, key: name, value: null }] };
}

/** Lists the names of the profiles, with the base URL of each that has its own. */
function listProfiles({ env }: Place): Told {
  const config = openConfig(env);
  const shown = shownProfiles(profilesOf(config.read(), config.path));
  const lines = Object.entries(shown).map(([name, { baseUrl }]) =>
    [name, ...(typeof baseUrl === 'string' ? [baseUrl] : [])].map(escapeControl).join('\t'),
  );
  return { objects: [{ v: 1, path: config.path, profiles: shown }], lines };
}

function showConfigPath({ env }: Place): Told {
  const { path } = openConfig(env);
  return { objects: [{ v: 1, path }], lines: [escapeControl(path)] };
}

function winsOver(key: string, variable: string): string {
  return `${key}: ${variable} is set in the environment and wins`;
}
