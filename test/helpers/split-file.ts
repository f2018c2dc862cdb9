import { readFile, writeFile } from 'node:fs/promises';
import { batchLine } from './jsonl.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

/** A request of one of several models, of a length of its own, as a line without its end. */
function mixedLine(number: number, model: string, url = '/v1/chat/completions'): string {
  const content = `Say ${'x'.repeat((number * 7) % 61)}.`;
  return batchLine(number, { url, body: { model, messages: [{ role: 'user', content }] } });
}

/** Requests of these models in an order that only looks like chance. */
export function mixedLines(count: number, models: readonly string[]): string[] {
  return Array.from({ length: count }, (_, index) =>
    mixedLine(index + 1, models[(7 * index + Math.floor(index / 5)) % models.length] ?? ''),
  );
}

export async function writeText(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, `${lines.join('\n')}\n`);
}

/** The content of a file on the server. */
export async function contentOf(server: UploadsServer, fileId: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of server.readFile(fileId)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The objects of JSON lines. */
export function objectsOf(text: string) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export async function readObjects(path: string) {
  return objectsOf(await readFile(path, 'utf8'));
}
