import { writeFile } from 'node:fs/promises';

/** One request of a batch, as a line without its end. A change to undefined takes a field away. */
export function batchLine(number: number, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    custom_id: `request-${number}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'gpt-5.6-sol', messages: [{ role: 'user', content: `Say ${number}.` }] },
    ...changes,
  });
}

/** A batch of that many requests. */
export function batchLines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => batchLine(index + 1));
}

/** One example of a conversation to learn from, as a line without its end. */
function chatLine(number: number): string {
  return JSON.stringify({
    messages: [
      { role: 'user', content: `What is ${number}?` },
      { role: 'assistant', content: 'A number.' },
    ],
  });
}

export function chatLines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => chatLine(index + 1));
}

export function writeLines(path: string, lines: readonly string[], end = '\n'): Promise<void> {
  return writeFile(path, lines.map((line) => `${line}${end}`).join(''));
}
