import { isUploadError, type UploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { profileAsked } from '../config/apply-config.ts';
import { openConfig } from '../config/config-file.ts';
import type { ParseFlag } from '../config/config-keys.ts';
import { checkConfig, checkKey, overridingVariable, parseValue } from '../config/config-keys.ts';
import { checkProfileName, chooseProfile, profilesOf, valuesOf } from '../config/profiles.ts';
import type { Outcome, Shown } from '../outcome.ts';
import type { Flags } from '../settings.ts';

export { flagParser } from '../config/config-keys.ts';

const SUBJECT = { uploadId: null, command: 'config' } as const;

/** What a command of `config` gives; faults are told beside it. */
type Told = Partial<Shown> & { readonly faults?: readonly UploadError[] };

/** Where a command of `config` looks: into the values of a profile, when one is asked for. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly profile: string | undefined;
}

export async function* runConfig(
  work: (place: Place) => Told | Promise<Told>,
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  let faults: readonly UploadError[] = [];
  yield await outcomeOf(SUBJECT, context, async () => {
    const { env } = context;
    const told = await work({ env, profile: profileAsked(flags.profile, env) });
    faults = told.faults ?? [];
    const { objects = [], lines = [], notes = [] } = told;
    return { status: 'shown', shown: { objects, lines, notes } };
  });
  for (const error of faults) yield { status: 'failed', subject: SUBJECT, error };
}

/** What is wrong in the file is told beside what is right, so that it can be mended. */
export function listConfig(place: Place, parseFlag: ParseFlag): Told {
  const { env, profile } = place;
  const { path, stored, profiles, faults: unreadable } = open(place);
  const { entries, faults } = checkConfig(stored, path, parseFlag, profile);
  const overridden = entries.flatMap(({ key }) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? [] : [{ key, variable }];
  });
  const object = {
    v: 1,
    path,
    values: Object.fromEntries(entries.map(({ key, text }) => [key, text])),
    overridden_by: Object.fromEntries(overridden.map(({ key, variable }) => [key, variable])),
    profile: profile ?? null,
    profiles,
  };
  const others = profile === undefined && profiles.length > 0 ? [`profiles: ${profiles.join(', ')}`] : [];
  return {
    objects: [object],
    lines: entries.map(({ key, text }) => `${key}\t${escapeControl(text)}`),
    notes: [...overridden.map(({ key, variable }) => winsOver(key, variable)), ...others.map(escapeControl)],
    faults: [...unreadable, ...faults],
  };
}

/** Nothing on stdout for a key that is not set: empty is unset here too. */
export function getConfig(name: string, place: Place, parseFlag: ParseFlag): Told {
  const key = checkKey(name);
  const { path, stored: values } = open(place);
  const { [key]: stored } = values;
  if (stored === undefined) return { objects: [{ v: 1, key, value: null }], notes: [`${key} is not set`] };
  const { entries, faults } = checkConfig({ [key]: stored }, path, parseFlag, place.profile);
  return {
    objects: entries.map(({ text }) => ({ v: 1, key, value: text })),
    lines: entries.map(({ text }) => escapeControl(text)),
    faults,
  };
}

/** A profile begins with its first value. */
export async function setConfig(
  name: string,
  text: string,
  { env, profile }: Place,
  parseFlag: ParseFlag,
): Promise<Told> {
  if (profile !== undefined) checkProfileName(profile);
  const key = checkKey(name);
  parseValue(key, text, parseFlag);
  await openConfig(env).set(key, text, profile);
  const variable = overridingVariable(key, env);
  return {
    objects: [{ v: 1, key, value: text }],
    notes: variable === undefined ? [] : [winsOver(key, variable)],
  };
}

/** Also takes out what should never have been in it. */
export async function unsetConfig(name: string, place: Place): Promise<Told> {
  const { env, profile } = place;
  const config = openConfig(env);
  const stored = profile === undefined ? config.read() : open(place).stored;
  if (Object.hasOwn(stored, name)) await config.unset(name, profile);
  else checkKey(name);
  return { objects: [{ v: 1, key: name, value: null }] };
}

/** Their names, with the server of each that has one of its own. */
export function listProfiles({ env }: Place): Told {
  const config = openConfig(env);
  const profiles = profilesOf(config.read(), config.path);
  const lines = Object.entries(profiles).map(([name, { baseUrl }]) =>
    [name, ...(typeof baseUrl === 'string' ? [baseUrl] : [])].map(escapeControl).join('\t'),
  );
  return { objects: [{ v: 1, path: config.path, profiles }], lines };
}

/** What is kept in that place; what stands for profiles but is none is a fault beside it. */
function open({ env, profile }: Place) {
  const config = openConfig(env);
  const { path } = config;
  const stored = config.read();
  if (profile !== undefined) {
    const profiles = profilesOf(stored, path);
    const own = chooseProfile(profile, profiles, path);
    return { path, stored: own, profiles: Object.keys(profiles), faults: [] };
  }
  try {
    return { path, stored: valuesOf(stored), profiles: Object.keys(profilesOf(stored, path)), faults: [] };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { path, stored: valuesOf(stored), profiles: [], faults: [error] };
  }
}

export function showConfigPath({ env }: Place): Told {
  const { path } = openConfig(env);
  return { objects: [{ v: 1, path }], lines: [escapeControl(path)] };
}

function winsOver(key: string, variable: string): string {
  return `${key}: ${variable} is set in the environment and wins`;
}
