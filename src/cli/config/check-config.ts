import { isUploadError, UploadError } from '../../index.ts';
import { shellCommand, shellQuote } from '../../ui/shell-command.ts';
import { type ConfigKey, checkKey, type FlagValue, type ParseFlag, parseValue } from './config-keys.ts';

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
