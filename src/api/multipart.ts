import { randomUUID } from 'node:crypto';

/** A body that can be sent once. `chunks` starts it, and `length` is its exact size in bytes. */
export interface PartBody {
  readonly contentType: string;
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * Builds the multipart body of one part around streamed bytes. The field `data` has a filename,
 * because a common parser drops a file without one, and a content type, because Azure refuses a
 * part without one.
 */
export function partBody(bytes: AsyncIterable<Uint8Array>, length: number): PartBody {
  const boundary = `openai-upload-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="data"; filename="part"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);

  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: head.length + length + tail.length,
    async *chunks() {
      yield head;
      yield* bytes;
      yield tail;
    },
  };
}
