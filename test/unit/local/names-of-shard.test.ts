import { describe, expect, it } from 'vitest';
import { namesOfShard } from '../../../src/local/names-of-shard.ts';

const names = Array.from({ length: 400 }, (_, index) => `data/${index}.jsonl`);
const shares = (all: readonly string[], count: number) =>
  Array.from({ length: count }, (_, index) => namesOfShard(all, { index: index + 1, count }));

describe('the shards of a list', () => {
  it.each([1, 2, 7, 400])('hold every name once, when there are %i', (count) => {
    expect(shares(names, count).flat().toSorted()).toEqual(names.toSorted());
  });

  it('hold about as many each', () => {
    // 100 each, give or take; a hash that is any good stays within 30.
    for (const share of shares(names, 4)) expect(Math.abs(share.length - 100)).toBeLessThan(30);
  });

  it('hold what they held when other names come and go, in whatever order', () => {
    const before = shares(names, 5);
    const others = ['new.jsonl', ...names.slice(100).reverse()];
    for (const [index, share] of shares(others, 5).entries())
      expect(share.filter((name) => name !== 'new.jsonl').toSorted()).toEqual(
        before[index]?.filter((name) => others.includes(name)).toSorted(),
      );
  });

  it('keep the order, and what is named twice', () => {
    expect(namesOfShard(['b', 'a', 'b'], { index: 1, count: 1 })).toEqual(['b', 'a', 'b']);
  });

  it('are those that the documents give: they must never change', () => {
    // printf %s data/1.jsonl | sha256sum | cut -c 1-8: 32 bits, modulo 4, from 1 on.
    const numbers = shares(names.slice(0, 8), 4).map((share) => share.map((name) => name.replace(/\D/g, '')));
    expect(numbers).toEqual([[], ['3', '4', '5'], ['6'], ['0', '1', '2', '7']]);
  });
});
