import { createPlacesWriter } from '../../src/plan/write-places.ts';

/** Cuts bytes at these lengths, over and over: every other piece is a slice. Gives where they are, and what they come to. */
export function sliced(whole: Buffer, lengths: readonly number[]): { slices: string; content: Buffer } {
  const writer = createPlacesWriter();
  const pieces: Buffer[] = [];
  for (let offset = 0, turn = 0; offset < whole.length; turn += 1) {
    const length = Math.min(lengths[turn % lengths.length] ?? 1, whole.length - offset);
    if (turn % 2 === 0) {
      writer.add(offset, length);
      pieces.push(whole.subarray(offset, offset + length));
    }
    offset += length;
  }
  return { slices: writer.text(), content: Buffer.concat(pieces) };
}
