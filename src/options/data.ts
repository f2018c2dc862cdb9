/**
 * A web stream. With the library `dom` it is another type than Node's, so what counts is what both
 * have.
 */
export interface WebStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  };
}

/** Data in memory (a Buffer, a Blob, a File), or a stream or generator of chunks of bytes. */
export type Data = Blob | Uint8Array | WebStream | AsyncIterable<Uint8Array>;

/** Data to be read, once. */
export interface OpenData {
  readonly stream: AsyncIterable<Uint8Array>;
  /** How many bytes there will be; undefined when nobody has said. */
  readonly bytes: number | undefined;
  /** The caller still has it when it has been read. */
  readonly isInMemory: boolean;
}

/** @param bytes what the caller says of its size */
export function openData(data: Data, bytes: number | undefined): OpenData {
  if (data instanceof Uint8Array)
    return { stream: onlyOf(data), bytes: bytes ?? data.byteLength, isInMemory: true };
  if (data instanceof Blob) return { stream: data.stream(), bytes: bytes ?? data.size, isInMemory: true };
  return { stream: data as AsyncIterable<Uint8Array>, bytes, isInMemory: false };
}

/** In JavaScript, a caller may give anything. */
export function isData(data: unknown): data is Data {
  if (data instanceof Blob || data instanceof Uint8Array) return true;
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

async function* onlyOf(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
