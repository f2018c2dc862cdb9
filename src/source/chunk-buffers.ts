/**
 * The smallest chunk. Not below a socket's buffer (16 KiB on Node 20, 64 KiB on 22), or nobody would wait until it is out.
 * Not above either: a chunk that has gone out is what the stall watch sees, and at 8 KB/s a connection 256 KiB would take
 * longer than its 30 s.
 */
export const MIN_CHUNK_BYTES = 64 * 1024;

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

/**
 * A chunk in pieces of at most `pieceBytes`. Those below `MIN_CHUNK_BYTES` are copies: a socket takes them without being
 * waited for, and the chunk's buffer may be filled anew before they are out.
 */
export function* cutChunk(chunk: Uint8Array, pieceBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += pieceBytes) {
    const piece = chunk.subarray(at, at + pieceBytes);
    yield piece.length < MIN_CHUNK_BYTES ? new Uint8Array(piece) : piece;
  }
}
