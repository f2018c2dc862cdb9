const MAX_CHARACTERS = 60;

/** A value from the file, for a message: in quotes, escaped as JSON does it, and not longer than one cares to read. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_CHARACTERS + 1)];
  if (characters.length <= MAX_CHARACTERS) return JSON.stringify(text);
  return JSON.stringify(`${characters.slice(0, MAX_CHARACTERS).join('')}…`);
}
