import { describe, expect, it } from 'vitest';
import { createChunkBuffers, cutChunk, MIN_CHUNK_BYTES } from '../../../src/source/read-range.ts';

describe('cutting a chunk', () => {
  const chunk = Buffer.from(Array.from({ length: 3 * MIN_CHUNK_BYTES + 7 }, (_, index) => index % 251));

  it.each([100, MIN_CHUNK_BYTES, 2 * MIN_CHUNK_BYTES, 9 * MIN_CHUNK_BYTES])(
    'into pieces of %i bytes gives all of it, and copies what a socket takes without a wait',
    (pieceBytes) => {
      const pieces = [...cutChunk(chunk, pieceBytes)];
      expect(Buffer.concat(pieces).equals(chunk)).toBe(true);
      expect(Math.max(...pieces.map(({ length }) => length))).toBe(Math.min(pieceBytes, chunk.length));
      for (const piece of pieces) expect(piece.buffer === chunk.buffer).toBe(piece.length >= MIN_CHUNK_BYTES);
    },
  );
});

it('gives buffers out again once they are given back, and never twice at once', () => {
  const buffers = createChunkBuffers();
  // Vitest would compare them byte by byte.
  const first = buffers.take(1e6);
  expect(buffers.take(1e6) === first).toBe(false);
  buffers.giveBack(first);
  expect(buffers.take(1e6) === first).toBe(true);
  expect(buffers.take(1e6) === first).toBe(false);
});

it('gives a small range a buffer of its size, and to no other range', () => {
  const buffers = createChunkBuffers();
  const small = buffers.take(1000);
  expect(small.map(({ length }) => length)).toEqual([1000, 1000]);
  buffers.giveBack(small);
  expect(buffers.take(1e6) === small).toBe(false);
});
