import { statSync } from 'node:fs';
import { readRegularFile } from '../model/file-access.ts';
import { type Hint, hint, option } from '../model/hint.ts';
import type { KeySource } from './connection.ts';

/**
 * Where a key can come from: the key itself, a function of the caller, or a source in the settings.
 */
export type Source =
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'function'; readonly get: () => Promise<string> }
  | KeySource;

/** A key and its lifetime, from a source. */
export interface IssuedKey {
  readonly key: string;
  /**
   * How long the key is valid, in milliseconds, above 0. If absent, until the server refuses it.
   */
  readonly lifetimeMs?: number;
}

export type IdentitySource = Extract<KeySource, { type: 'identity' }>;

/** Returns where a key comes from, worded to follow "the key of". Options in it stay facts. */
export function originOf(source: Source): Hint {
  return source.type === 'key' || source.type === 'function' ? hint`${option('apiKey')}` : [nameOf(source)];
}

export function nameOf(source: Source): string {
  switch (source.type) {
    case 'key':
    case 'function':
      return 'its source';
    case 'file':
      return `the key file ${source.path}${from(source)}`;
    case 'command':
      return `the key command${from(source)}`;
    case 'identity':
      return `the workload identity, with the subject token of ${source.tokenFile ?? 'GitHub Actions'}`;
  }
}

function from({ setBy }: { readonly setBy?: string }): string {
  return setBy === undefined ? '' : ` of ${setBy}`;
}

interface KeyFault {
  readonly what: string;
  readonly hint: string;
}

const TAKE_OUT = 'Take it out; it is often at the end, where nothing shows it.';

/** Common slips in copying a key, and what they look like. The first that fits counts. */
const KEY_FAULTS: readonly (readonly [RegExp, KeyFault])[] = [
  [/^\s*$/, { what: 'is empty', hint: 'Check where it should come from.' }],
  [
    /^\s*["'`\u2018-\u201f]|["'`\u2018-\u201f]\s*$/,
    { what: 'is in quotes', hint: 'Take the quotes out; they are no part of the key.' },
  ],
  [
    /^\s*(authorization:\s*)?bearer\s/i,
    { what: 'begins with "Bearer"', hint: 'Leave "Bearer" out; it is added to each request.' },
  ],
  [
    /^(?=.*API_KEY\s*=)\s*(export\s+)?\w+\s*=\s*\S/s,
    { what: 'begins with the name of a variable', hint: 'Keep only what stands after the equals sign.' },
  ],
  [/[\r\n]|\\[rn]$/, { what: 'holds a line break', hint: TAKE_OUT }],
  [/\s/, { what: 'holds white space', hint: TAKE_OUT }],
  [/[^\x21-\x7e]/, { what: 'contains characters that no key has', hint: 'Copy it again.' }],
];

/** Returns why a text cannot be a key, or undefined when it can. The text itself is not repeated. */
export function keyFault(key: string): KeyFault | undefined {
  return KEY_FAULTS.find(([pattern]) => pattern.test(key))?.[1];
}

/** Longer than any key or token. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads a file that holds a secret. A pipe is refused, because it could block the whole process and
 * gives its bytes only once.
 */
export function readSmallFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error('it is not a regular file');
  if (stats.size > MAX_FILE_BYTES) throw new Error('it is too long for a key');
  return readRegularFile(path, { followLinks: true }).replace(/^\uFEFF/, '');
}
