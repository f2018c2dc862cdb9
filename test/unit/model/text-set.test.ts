import { describe, expect, it } from 'vitest';
import { createTextSet } from '../../../src/model/text-set.ts';

describe('a set of texts', () => {
  it('knows each of very many texts that it has, and no other', () => {
    const set = createTextSet(100_000);
    const texts = Array.from({ length: 50_000 }, (_, number) => `folder/${number}.jsonl`);

    expect(texts.filter((text) => !set.add(text))).toEqual([]);
    expect(texts.filter((text) => set.add(text))).toEqual([]);
    expect(set.add('folder/50000.jsonl')).toBe(true);
    expect(set.add('')).toBe(true);
    expect(set.add('')).toBe(false);
  });

  it('adds no more than it may', () => {
    const set = createTextSet(2);
    expect(['a', 'b', 'c', 'a', 'b', 'c'].map((text) => set.add(text))).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
