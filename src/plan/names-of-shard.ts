import { createHash } from 'node:crypto';

/** One of several machines that share out names without asking each other. */
export interface ListShard {
  /** From 1 to `count`. */
  readonly index: number;
  /** At least 1. */
  readonly count: number;
}

/**
 * The names that fall to a shard, in their order. A name falls to the same one wherever and among whatever it stands: the first
 * 32 bits of the SHA-256 of its UTF-8, modulo `count`. So each gets about as many as the others, whatever their size.
 */
export function namesOfShard(names: readonly string[], { index, count }: ListShard): readonly string[] {
  return names.filter((name) => {
    const digest = createHash('sha256').update(name, 'utf8').digest();
    return (digest.readUInt32BE(0) % count) + 1 === index;
  });
}
