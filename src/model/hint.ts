/**
 * What a hint can name: an option of this library, `split` for `pushSplit`, or `recursive` for
 * `filesIn`.
 */
export type OptionName =
  | 'apiKey'
  | 'auth'
  | 'check'
  | 'concurrency'
  | 'filename'
  | 'headers'
  | 'insecureHttp'
  | 'md5'
  | 'minPartBytes'
  | 'mtlsClientCertFile'
  | 'mtlsClientKeyFile'
  | 'partBytes'
  | 'recursive'
  | 'restart'
  | 'resume'
  | 'reuploadChanged'
  | 'split'
  | 'stallTimeoutMs'
  | 'stateDir'
  | 'waitLockMs';

/** An option in a hint, and the value to give it. Without a value, the user chooses one. */
export interface OptionMention {
  readonly option: OptionName;
  readonly value?: string | number | boolean;
}

/** What to do next. Options are kept as data, so a program can show them under its own names. */
export type Hint = readonly (string | OptionMention)[];

export function option(name: OptionName, value?: string | number | boolean): OptionMention {
  return value === undefined ? { option: name } : { option: name, value };
}

/**
 * A template of text, other hints and options: hint`Push it again with ${option('md5', false)}.`
 */
export function hint(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | OptionMention | Hint)[]
): Hint {
  return strings.flatMap((text, index) => {
    const value = values[index];
    if (value === undefined) return [text];
    if (typeof value === 'string' || typeof value === 'number') return [`${text}${value}`];
    return [text, ...('option' in value ? [value] : value)];
  });
}

/** Formats a hint as text. `formatOption` writes an option; by default it is written as in code. */
export function formatHint(parts: Hint, formatOption: (mention: OptionMention) => string = inCode): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : formatOption(part)))
    .join('')
    .trim();
}

function inCode({ option: name, value }: OptionMention): string {
  if (name === 'split') return '`pushSplit`';
  if (name === 'recursive') return '`filesIn`';
  return value === undefined ? `\`${name}\`` : `\`${name}: ${JSON.stringify(value)}\``;
}
