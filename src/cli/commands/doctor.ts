import type { Command } from 'commander';
import { type Check, diagnose, isUploadError, type KeySource } from '../../index.ts';
import { shownUrl } from '../../model/base-url.ts';
import { BOUNDS, checkDiagnoseOptions } from '../../options/validate.ts';
import { escapeControl } from '../../ui/escape.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { type CommandContext, type CommandSetup, type Example, withExamples } from '../command.ts';
import { configPath } from '../config/config-file.ts';
import { CONFIG_KEYS, type ConfigKey, overridingVariable } from '../config/config-keys.ts';
import { exitCodeOf, stoppedBy } from '../exit-codes.ts';
import { addServerFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { bounded, formatHintAsFlags, formatSize, parseSize } from '../parse-values.ts';
import { type Flags, transferOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['look at what an upload needs', 'openai-upload doctor'],
  ['how large a file fits into an hour', 'openai-upload doctor --upload 64MB'],
  ['an object for each check', 'openai-upload doctor --json'],
];

export function addDoctor(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  addServerFlags(command)
    .option(
      '--upload <size>',
      'also measure the link with a throw-away upload, which is cancelled',
      bounded(parseSize, BOUNDS.uploadBytes, formatSize),
    )
    .action((flags: Flags) => execute(flags, (context) => runDoctor(flags, context)));
}

async function* runDoctor(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const uploadBytes = flags.upload === undefined ? {} : { uploadBytes: flags.upload };

  try {
    const options = { ...transferOptions(flags, env), ...uploadBytes, signal, onEvent };
    checkDiagnoseOptions(options);
    yield shown({ name: 'settings', status: 'ok', message: settingsOf(flags, env) }, context);
    for await (const check of diagnose(options)) yield shown(check, context);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    yield shown({ name: 'settings', status: 'failed', message: error.message, error }, context);
  }
}

/** Shows a check as a line with its hint, or as an object. */
function shown(check: Check, { wrap, signal }: CommandContext): Outcome {
  const { name, status, error, speed } = check;
  const message = speed === undefined ? check.message : formatSpeed(speed);
  const hint = error === undefined ? '' : formatHintAsFlags(error.hintParts);
  const text = hint === '' ? message : `${message}. ${hint}`;
  const object = {
    v: 1,
    check: name,
    status,
    message,
    hint,
    error:
      error === undefined ? null : { code: error.code, exit_code: exitCodeOf(error.code, stoppedBy(signal)) },
    ...(speed && { bytes_per_second: Math.round(speed.bytesPerSecond), fits_bytes: speed.fitsBytes }),
  };

  const line = wrap(escapeControl(`${status.padEnd(7)} ${name.padEnd(8)} ${text}`));
  return { status: 'shown', objects: [object], lines: [line], error };
}

function formatSpeed({ bytesPerSecond, fitsBytes, lifetimeMs }: NonNullable<Check['speed']>): string {
  const fits =
    lifetimeMs === null
      ? `a file of ${formatBytes(fitsBytes)} can be sent in an hour; the server does not say how long an upload lives`
      : `a file of ${formatBytes(fitsBytes)} fits into the ${formatDuration(lifetimeMs)} of an upload`;
  return `${formatBytes(bytesPerSecond)}/s: ${fits}`;
}

/**
 * Lists what is set, and by what, in one line. Says where the key comes from, but never the key.
 */
function settingsOf(flags: Flags, env: NodeJS.ProcessEnv): string {
  const { apiKey, keySource, ...options } = transferOptions(flags, env);
  const keys = Object.keys(CONFIG_KEYS) as readonly ConfigKey[];
  const values: Partial<Record<string, unknown>> = { ...options, ...flags };
  const set = keys.flatMap((key) => {
    const value = values[key] || (options as Partial<Record<string, unknown>>)[key];
    // The source of the key is added at the end.
    if (key === 'keyCommand' || key === 'color' || value === undefined || value === '') return [];
    const text = key === 'baseUrl' ? shownUrl(String(value)) : value;
    return [`${key} ${text} (${originOf(key, flags, env)})`];
  });

  const server = options.baseUrl === undefined ? ['baseUrl https://api.openai.com/v1 (default)'] : [];
  const key = apiKey !== undefined ? 'OPENAI_API_KEY' : keySource ? nameOf(keySource) : 'nowhere';

  return [...server, ...set, `key from ${key}`, `configuration ${configPath()}`].join(', ');
}

function originOf(key: ConfigKey, { configuredBy = {}, ...flags }: Flags, env: NodeJS.ProcessEnv): string {
  const place = configuredBy[key];
  if (place !== undefined) return place;
  const isFlag = flags[key] !== undefined && flags[key] !== '';
  return isFlag ? 'flag' : (overridingVariable(key, env) ?? 'default');
}

function nameOf(source: KeySource): string {
  if (source.type === 'file') return `the file ${source.path}`;
  if (source.type === 'command') return source.setBy ?? 'a command';
  return `a workload identity (${source.tokenFile === undefined ? 'GitHub Actions' : source.tokenFile})`;
}
