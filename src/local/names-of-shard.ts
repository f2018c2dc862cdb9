import { createHash } from 'node:crypto';

import type { ListShard } from '../options/options.ts';

/**
 * Picks the names of a shard, in their order. The shard of a name depends only on the name: the
 * first 32 bits of the SHA-256 of its UTF-8, modulo `count`. All shards get about the same number
 * of names, whatever the size of the files.
 */
export function namesOfShard(names: readonly string[], { index, count }: ListShard): readonly string[] {
  return names.filter((name) => {
    const digest = createHash('sha256').update(name, 'utf8').digest();
    return (digest.readUInt32BE(0) % count) + 1 === index;
  });
}
