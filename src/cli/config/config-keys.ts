import { isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import { isUploadError, UploadError } from '../../index.ts';
import { checkPushOptions } from '../../options/validate.ts';
import { escapeControl } from '../../ui/escape.ts';
import { shellCommand, shellQuote } from '../../ui/shell-command.ts';
import { formatHintAsFlags } from '../parse-values.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { suggest } from '../suggest.ts';

/**
 * The flags that may be kept as defaults: those that are not about one file. Each has the variables
 * that win over it.
 */
export const CONFIG_KEYS = {
  baseUrl: ['OPENAI_BASE_URL'],
  organization: ['OPENAI_ORG_ID'],
  project: ['OPENAI_PROJECT_ID'],
  auth: [],
  keyCommand: ['OPENAI_API_KEY', 'OPENAI_API_KEY_FILE', 'OPENAI_API_KEY_COMMAND'],
  mtlsClientCertFile: ['OPENAI_MTLS_CLIENT_CERT_FILE'],
  mtlsClientKeyFile: ['OPENAI_MTLS_CLIENT_KEY_FILE'],
  stateDir: ['OPENAI_UPLOAD_STATE_DIR'],
  partSize: [],
  concurrency: [],
  limitRate: [],
  maxRequests: [],
  retries: [],
  stallTimeout: [],
  waitLock: [],
  keep: [],
  progress: [],
  progressInterval: [],
  color: ['NO_COLOR', 'FORCE_COLOR'],
} as const satisfies { readonly [K in keyof Flags]?: readonly string[] };

export type ConfigKey = keyof typeof CONFIG_KEYS;

/** Returns the variable that wins over a key, if one is set. An empty variable counts as unset. */
export function overridingVariable(key: ConfigKey, env: NodeJS.ProcessEnv): string | undefined {
  return CONFIG_KEYS[key].find((name) => env[name]);
}

/** @throws UploadError `usage` with the nearest key, or with the reason why a secret is refused */
export function checkKey(key: string): ConfigKey {
  if (Object.hasOwn(CONFIG_KEYS, key)) return key as ConfigKey;
  if (SECRET_NAME.test(key)) throw secretRefused(`${key} is not kept in the configuration`);
  const near = suggest(key, Object.keys(CONFIG_KEYS));
  throw new UploadError('usage', {
    message: `there is no key ${key} in the configuration`,
    hint: near === undefined ? `There are ${Object.keys(CONFIG_KEYS).join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** Names such as `apiKey`, `OPENAI_API_KEY` or `auth-token`. */
const SECRET_NAME = /key|token|secret|passw|credential|bearer|authorization/i;

function secretRefused(message: string): UploadError {
  const hint =
    'A key in a file stays on the disk and in its backups: set OPENAI_API_KEY in the environment instead, or keyCommand to what prints it.';
  return new UploadError('usage', { message, hint });
}

export type FlagValue = Flags[ConfigKey];

/** Reads a text like the flag of that name. @throws commander's error when the flag refuses it */
export type ParseFlag = (key: ConfigKey, text: string) => FlagValue;

/**
 * Returns the parser of every flag. The program must have all commands. This file loads neither
 * commander nor the flags, because the code that each run loads at its start would then be cut into
 * more files.
 */
export function flagParser(program: Command): ParseFlag {
  const options = program.commands.flatMap((known) => known.options);
  return (key, text) => {
    const option = options.find((known) => known.attributeName() === key);
    return option?.parseArg ? option.parseArg<FlagValue>(text, undefined) : text;
  };
}

/**
 * Returns what a text means under a key. The flag of that name reads it, and the bounds of a run
 * apply.
 * @throws UploadError `usage`
 */
export function parseValue(key: ConfigKey, text: string, parseFlag: ParseFlag): FlagValue {
  if (API_KEY.test(text)) throw secretRefused(`the value for ${key} looks like an API key`);
  if (text.trim() === '') throw refused(key, text, 'It must not be empty; unset it instead.');
  if (escapeControl(text) !== text)
    throw refused(key, text, 'It holds a line break or another control character.');
  if (key === 'color') return parseColor(text);
  if (PATHS.has(key)) return parsePath(key, text);

  try {
    const value = parseFlag(key, text);
    // An `http:` base URL passes here, because each command can still allow it with a flag.
    const flags: Flags = { color: true, insecureHttp: true, purpose: 'any', [key]: value };
    checkPushOptions(pushOptions(flags, {}));
    return value;
  } catch (error) {
    if (isUploadError(error))
      throw refused(key, text, `${capital(error.message)} ${formatHintAsFlags(error.hintParts)}`.trim());
    const isOfFlag = error instanceof Error && 'code' in error && error.code === 'commander.invalidArgument';
    throw isOfFlag ? refused(key, text, error.message) : error;
  }
}

/** The flag can only say `never`, and `auto` takes that back. */
function parseColor(text: string): boolean {
  if (text === 'auto' || text === 'never') return text === 'auto';
  throw refused('color', text, 'Allowed choices are auto, never.');
}

const PATHS: ReadonlySet<ConfigKey> = new Set(['stateDir', 'mtlsClientCertFile', 'mtlsClientKeyFile']);

/** A flag is relative to where it is given, but a default applies everywhere. */
function parsePath(key: ConfigKey, text: string): string {
  if (isAbsolute(text)) return text;
  throw refused(key, text, `It must not depend on where you are; did you mean ${resolve(text)}?`);
}

/** Has enough letters not to mistake the name of a host or a project for a key. */
const API_KEY = /\bsk-[A-Za-z0-9_-]{16}/;

/** Messages do not repeat free texts: the user may have set a secret under the wrong key. */
const FREE_TEXTS: ReadonlySet<ConfigKey> = new Set([
  'baseUrl',
  'organization',
  'project',
  'keyCommand',
  ...PATHS,
]);

function refused(key: ConfigKey, text: string, why: string): UploadError {
  const value = FREE_TEXTS.has(key) || text.trim() === '' ? 'that' : text;
  return new UploadError('usage', { message: `${value} is not a valid value for ${key}`, hint: why });
}

function capital(text: string): string {
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

/** One default, in the user's text and as the value that its flag takes. */
export interface Entry {
  readonly key: ConfigKey;
  readonly text: string;
  readonly value: FlagValue;
}

/**
 * Separates the usable values in a file from the faults in the rest. The user may have edited the
 * file by hand.
 */
export function checkConfig(
  stored: Readonly<Record<string, unknown>>,
  path: string,
  parseFlag: ParseFlag,
  profile?: string,
): { readonly entries: readonly Entry[]; readonly faults: readonly UploadError[] } {
  const entries: Entry[] = [];
  const faults: UploadError[] = [];

  for (const [name, value] of Object.entries(stored)) {
    try {
      const key = checkKey(name);
      const text = textOf(key, value);
      entries.push({ key, text, value: parseValue(key, text, parseFlag) });
    } catch (error) {
      if (!isUploadError(error)) throw error;
      faults.push(inFile(error, { path, name, profile }));
    }
  }

  return { entries, faults };
}

/** A number that was written by hand counts as its digits. */
function textOf(key: ConfigKey, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new UploadError('usage', { message: `the value of ${key} is neither a string nor a number` });
}

function inFile(
  { message, hint }: UploadError,
  { path, name, profile }: { path: string; name: string; profile: string | undefined },
): UploadError {
  const of = profile === undefined ? [] : ['--profile', shellQuote(profile)];
  const words = name.startsWith('-') ? ['--', shellQuote(name)] : [shellQuote(name)];
  const command = shellCommand(['openai-upload config unset', ...of, ...words]);
  const remedy = command === null ? '' : `To remove it: ${command}`;

  return new UploadError('usage', {
    message: `${path}: ${profile === undefined ? '' : `profile ${profile}: `}${message}`,
    hint: `${hint} ${remedy}`.trim(),
  });
}
