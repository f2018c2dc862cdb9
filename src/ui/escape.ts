/** Control characters, line breaks, and the marks that change the direction of writing. */
const MARKS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Shows text that came from elsewhere (a server, a file name) without letting it steer the
 * terminal. Control characters, line breaks, and the marks that change the direction of writing
 * become visible escapes: `\x1b` or `\u202e`.
 */
export function escapeControl(text: string): string {
  return text.replace(MARKS, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/**
 * Escapes the control characters and direction marks that JSON leaves as they are. A terminal would
 * obey them.
 */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(MARKS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
