/** A line with an id, and where it begins in the file. */
export interface SeenLine {
  readonly line: number;
  readonly offset: number;
}

/**
 * The first line of each hash, in flat arrays: of a million lines objects would take ten times as
 * much.
 */
export interface FirstLines {
  /** The line that has had this hash before; else this one is remembered. */
  firstOf(hash: { readonly high: number; readonly low: number }, seen: SeenLine): SeenLine | undefined;
  /** Forgets all, and keeps its memory. */
  clear(): void;
}

const START_SLOTS = 1 << 12;

/** A table with open places, never more than half full. `low` chooses the place. */
export function createFirstLines(): FirstLines {
  let slots = START_SLOTS;
  let used = 0;
  let hashes = new Uint32Array(2 * slots);
  /** Line and place, of each; a line of 0 is an open place. */
  let lines = new Float64Array(2 * slots);

  function slotOf(high: number, low: number): number {
    let slot = low % slots;
    while (lines[2 * slot] !== 0 && (hashes[2 * slot] !== high || hashes[2 * slot + 1] !== low))
      slot = (slot + 1) % slots;
    return slot;
  }

  function put(slot: number, [high, low, line, offset]: readonly [number, number, number, number]): void {
    hashes[2 * slot] = high;
    hashes[2 * slot + 1] = low;
    lines[2 * slot] = line;
    lines[2 * slot + 1] = offset;
  }

  function grow(): void {
    const [oldHashes, oldLines, oldSlots] = [hashes, lines, slots];
    slots *= 2;
    hashes = new Uint32Array(2 * slots);
    lines = new Float64Array(2 * slots);
    for (let old = 0; old < oldSlots; old += 1) {
      const [line = 0, offset = 0] = oldLines.subarray(2 * old, 2 * old + 2);
      const [high = 0, low = 0] = oldHashes.subarray(2 * old, 2 * old + 2);
      if (line !== 0) put(slotOf(high, low), [high, low, line, offset]);
    }
  }

  return {
    firstOf({ high, low }, { line, offset }) {
      const slot = slotOf(high, low);
      const first = lines[2 * slot] ?? 0;
      if (first !== 0) return { line: first, offset: lines[2 * slot + 1] ?? 0 };
      put(slot, [high, low, line, offset]);
      used += 1;
      if (2 * used > slots) grow();
      return undefined;
    },
    clear() {
      lines.fill(0);
      used = 0;
    },
  };
}

/**
 * 64 bits in two halves. Not for secrets: texts with the same hash are compared before they are
 * reported.
 */
export function hashText(text: string): { readonly high: number; readonly low: number } {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;

  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }

  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);

  return { high: high >>> 0, low: low >>> 0 };
}
