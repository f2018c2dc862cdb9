import { createReadStream } from 'node:fs';
import type { StoredPart } from './store.ts';

/** Yields the bytes of the parts, one part after the other. */
export async function* readParts(parts: readonly StoredPart[]): AsyncGenerator<Buffer> {
  for (const { path } of parts) yield* createReadStream(path, { highWaterMark: 512 * 1024 });
}
