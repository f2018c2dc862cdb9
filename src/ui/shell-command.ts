import { escapeControl } from './escape.ts';

/** A word of a command to copy; null when no quotes make it safe. */
export type ShellWord = string | null;

/** Every shell reads these as one plain word. On Windows, paths have backslashes. */
const BARE = { posix: /^(-|[\w./][\w./:@+=-]*)$/, win32: /^(-|[\w.\\/][\w.\\/:@+=-]*)$/ };

/**
 * What ends or changes a string in single quotes. PowerShell treats typographic quotes as quotes
 * too. fish reads two backslashes as one, and a backslash before the last quote escapes it.
 */
const NOT_IN_SINGLE_QUOTES = /['\u2018-\u201b]|\\\\|\\$/;

/**
 * The same for double quotes. `!` is the history of bash and zsh, and `%` marks variables in cmd.
 */
const NOT_IN_DOUBLE_QUOTES = { posix: /["$`!\\\u201c-\u201e]/, win32: /["$`!%\u201c-\u201e]/ };

/**
 * Quotes a word in a form that every shell of the platform reads back unchanged: bash, zsh, fish
 * and PowerShell, or cmd and PowerShell on Windows. Null when no form is safe in all of them. You
 * may paste a command without reading it, and its file names may come from a stranger.
 */
export function shellQuote(text: string, platform: NodeJS.Platform = process.platform): ShellWord {
  const kind = platform === 'win32' ? 'win32' : 'posix';
  if (escapeControl(text) !== text) return null;
  if (BARE[kind].test(text)) return text;

  if (kind === 'posix' && !NOT_IN_SINGLE_QUOTES.test(text)) return `'${text}'`;
  if (NOT_IN_DOUBLE_QUOTES[kind].test(text)) return null;
  // A backslash right before the last quote would escape it.
  return `"${text.replace(/\\+$/, '$&$&')}"`;
}

/** Returns the command made of these words, or null when one of them cannot be quoted. */
export function shellCommand(words: readonly ShellWord[]): string | null {
  return words.includes(null) ? null : words.join(' ');
}
