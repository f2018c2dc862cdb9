import { END } from './json.ts';

const MAX_QUOTED_CHARACTERS = 60;

/** The kind of a JSON value, as a message names it. */
export function describeKind(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * What is wrong with a field that is not what it has to be. `undefined` is a field that is missing.
 */
export function describeField(name: string, value: unknown, wanted: string): string {
  if (value === undefined) return `${name} is missing`;
  const found = typeof value === 'string' ? quote(value) : describeKind(value);
  return `${name} is ${found}, not ${wanted}`;
}

/** A value from the file, for a message: in quotes, escaped as JSON does it, and cut short. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_QUOTED_CHARACTERS + 1)];
  if (characters.length <= MAX_QUOTED_CHARACTERS) return JSON.stringify(text);
  return JSON.stringify(`${characters.slice(0, MAX_QUOTED_CHARACTERS).join('')}…`);
}

export const BEYOND_ASCII = 'a character beyond ASCII';

export function describeCharacter(code: number | undefined): string {
  if (code === undefined) return END;
  if (code === 0x22) return 'a double quote';
  if (code === 0x09) return 'a tab';
  if (code < 0x20 || code === 0x7f) return `a control character (0x${code.toString(16).padStart(2, '0')})`;
  return code < 0x80 ? `"${String.fromCharCode(code)}"` : BEYOND_ASCII;
}
