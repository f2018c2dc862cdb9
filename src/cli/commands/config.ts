import { openConfig } from '../../config/open-config.ts';
import type { UploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape-control.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { checkConfig } from '../config/check-config.ts';
import { checkKey } from '../config/check-key.ts';
import { overridingVariable } from '../config/config-keys.ts';
import type { ParseFlag } from '../config/flag-parser.ts';
import { parseValue } from '../config/parse-value.ts';
import type { Outcome, Shown } from '../outcome.ts';

export { flagParser } from '../config/flag-parser.ts';

const SUBJECT = { uploadId: null, command: 'config' } as const;

/** What a command of `config` gives; faults are told beside it. */
type Told = Partial<Shown> & { readonly faults?: readonly UploadError[] };

export async function* runConfig(
  work: (env: NodeJS.ProcessEnv) => Told | Promise<Told>,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  let faults: readonly UploadError[] = [];
  yield await outcomeOf(SUBJECT, context, async () => {
    const { objects = [], lines = [], notes = [], ...told } = await work(context.env);
    faults = told.faults ?? [];
    return { status: 'shown', shown: { objects, lines, notes } };
  });
  for (const error of faults) yield { status: 'failed', subject: SUBJECT, error };
}

/** What is wrong in the file is told beside what is right, so that it can be mended. */
export function listConfig(env: NodeJS.ProcessEnv, parseFlag: ParseFlag): Told {
  const config = openConfig(env);
  const { entries, faults } = checkConfig(config.read(), config.path, parseFlag);
  const overridden = entries.flatMap(({ key }) => {
    const variable = overridingVariable(key, env);
    return variable === undefined ? [] : [{ key, variable }];
  });
  const object = {
    v: 1,
    path: config.path,
    values: Object.fromEntries(entries.map(({ key, text }) => [key, text])),
    overridden_by: Object.fromEntries(overridden.map(({ key, variable }) => [key, variable])),
  };
  return {
    objects: [object],
    lines: entries.map(({ key, text }) => `${key}\t${escapeControl(text)}`),
    notes: overridden.map(({ key, variable }) => winsOver(key, variable)),
    faults,
  };
}

/** Nothing on stdout for a key that is not set: empty is unset here too. */
export function getConfig(name: string, env: NodeJS.ProcessEnv, parseFlag: ParseFlag): Told {
  const key = checkKey(name);
  const config = openConfig(env);
  const { [key]: stored } = config.read();
  if (stored === undefined) return { objects: [{ v: 1, key, value: null }], notes: [`${key} is not set`] };
  const { entries, faults } = checkConfig({ [key]: stored }, config.path, parseFlag);
  return {
    objects: entries.map(({ text }) => ({ v: 1, key, value: text })),
    lines: entries.map(({ text }) => escapeControl(text)),
    faults,
  };
}

export async function setConfig(
  name: string,
  text: string,
  env: NodeJS.ProcessEnv,
  parseFlag: ParseFlag,
): Promise<Told> {
  const key = checkKey(name);
  parseValue(key, text, parseFlag);
  await openConfig(env).set(key, text);
  const variable = overridingVariable(key, env);
  return {
    objects: [{ v: 1, key, value: text }],
    notes: variable === undefined ? [] : [winsOver(key, variable)],
  };
}

/** Also takes out what should never have been in it. */
export async function unsetConfig(name: string, env: NodeJS.ProcessEnv): Promise<Told> {
  const config = openConfig(env);
  if (Object.hasOwn(config.read(), name)) await config.unset(name);
  else checkKey(name);
  return { objects: [{ v: 1, key: name, value: null }] };
}

export function showConfigPath(env: NodeJS.ProcessEnv): Told {
  const { path } = openConfig(env);
  return { objects: [{ v: 1, path }], lines: [escapeControl(path)] };
}

function winsOver(key: string, variable: string): string {
  return `${key}: ${variable} is set in the environment and wins`;
}
