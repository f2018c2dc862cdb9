/**
 * A web stream. The type library `dom` and Node declare different types for it, so this is what
 * both have in common.
 */
export interface WebStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  };
}

/**
 * Data in memory (a Buffer, a Blob, a File), or a stream or generator that yields chunks of bytes.
 */
export type Data = Blob | Uint8Array | WebStream | AsyncIterable<Uint8Array>;

/** Data that can be read once. */
export interface OpenData {
  readonly stream: AsyncIterable<Uint8Array>;
  /** The total number of bytes; undefined when the caller did not say. */
  readonly bytes: number | undefined;
  /** Whether the caller still has the data after it was read. */
  readonly isInMemory: boolean;
}

/** @param bytes the size that the caller gave */
export function openData(data: Data, bytes: number | undefined): OpenData {
  if (data instanceof Uint8Array)
    return { stream: onlyOf(data), bytes: bytes ?? data.byteLength, isInMemory: true };
  if (data instanceof Blob) return { stream: data.stream(), bytes: bytes ?? data.size, isInMemory: true };
  return { stream: data as AsyncIterable<Uint8Array>, bytes, isInMemory: false };
}

/** Checks at run time, because a caller in JavaScript may pass anything. */
export function isData(data: unknown): data is Data {
  if (data instanceof Blob || data instanceof Uint8Array) return true;
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

async function* onlyOf(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
