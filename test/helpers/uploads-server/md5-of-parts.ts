import { createHash } from 'node:crypto';
import { readParts } from './read-parts.ts';
import type { StoredPart } from './store.ts';

export async function md5OfParts(parts: readonly StoredPart[], closing: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of readParts(parts)) {
    closing.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}
