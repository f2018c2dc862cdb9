/** The largest chunk of a file that is read at once: more saves nothing, and falls out of a core's own cache. */
export const MAX_CHUNK_BYTES = 256 * 1024;

/** Two buffers that take turns: while one is on its way the other is filled. */
export type BufferPair = readonly [Buffer, Buffer];

/** Buffers that are used again for the next part: fresh ones would pile up until the collector comes, with a large file 60 MB. */
export interface ChunkBuffers {
  take(): BufferPair;
  /** Only once nobody reads from them any more, that is after the answer to what was sent. */
  giveBack(pair: BufferPair): void;
}

export function createChunkBuffers(): ChunkBuffers {
  const free: BufferPair[] = [];
  return {
    take: () => free.pop() ?? newBufferPair(MAX_CHUNK_BYTES),
    giveBack: (pair) => void free.push(pair),
  };
}

export function newBufferPair(bytes: number): BufferPair {
  return [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
}
