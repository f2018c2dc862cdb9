/** Random choices that are the same for the same seed. */
export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns true with this probability. */
  chance(share: number): boolean;
  /** Returns an integer; both bounds are included. */
  between(from: number, to: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** Mulberry32, by Tommy Ettinger. 32 bits of state are enough to tell billions of runs apart. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;

  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));

  return {
    next,
    chance: (share) => next() < share,
    between,
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
  };
}
