import { isAbsolute, resolve } from 'node:path';
import { checkPushOptions, isUploadError, UploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { formatHintAsFlags } from '../render/format-option.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { secretRefused } from './check-key.ts';
import type { ConfigKey } from './config-keys.ts';
import { type FlagValue, isRefusal, type ParseFlag } from './flag-parser.ts';

/**
 * What a text means under a key: read by the parser of the flag of that name, held against the bounds that a run has.
 * @throws UploadError `usage`
 */
export function parseValue(key: ConfigKey, text: string, parseFlag: ParseFlag): FlagValue {
  if (looksLikeKey(text)) throw secretRefused(`the value for ${key} looks like an API key`);
  if (text.trim() === '') throw refused(key, text, 'It must not be empty; unset it instead.');
  if (escapeControl(text) !== text)
    throw refused(key, text, 'It holds a line break or another control character.');
  if (key === 'color') return parseColor(text);
  if (key === 'stateDir') return parseDirectory(text);
  try {
    const value = parseFlag(key, text);
    // An `http:` base URL can still be allowed, flag by flag.
    const flags: Flags = { color: true, insecureHttp: true, purpose: 'any', [key]: value };
    checkPushOptions(pushOptions(flags, {}));
    return value;
  } catch (error) {
    if (isRefusal(error)) throw refused(key, text, error.message);
    if (isUploadError(error))
      throw refused(key, text, `${capital(error.message)} ${formatHintAsFlags(error.hintParts)}`.trim());
    throw error;
  }
}

/** The flag knows only one of the two; the other takes it back. */
function parseColor(text: string): boolean {
  if (text === 'auto' || text === 'never') return text === 'auto';
  throw refused('color', text, 'Allowed choices are auto, never.');
}

/** A flag is meant from where it is given, a default holds everywhere. */
function parseDirectory(text: string): string {
  if (isAbsolute(text)) return text;
  throw refused('stateDir', text, `It must not depend on where you are; did you mean ${resolve(text)}?`);
}

/** Long enough that no name of a host or a project is taken for one. */
function looksLikeKey(text: string): boolean {
  return /\bsk-[A-Za-z0-9_-]{16}/.test(text);
}

/** A free text is not repeated: who mistook the key for another may have given a secret. */
const FREE_TEXTS: ReadonlySet<ConfigKey> = new Set(['baseUrl', 'organization', 'project', 'stateDir']);

function refused(key: ConfigKey, text: string, why: string): UploadError {
  const value = FREE_TEXTS.has(key) || text.trim() === '' ? 'that' : text;
  return new UploadError('usage', { message: `${value} is no value for ${key}`, hint: why });
}

function capital(text: string): string {
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}
