const HEAD_END = Buffer.from('\r\n\r\n');

export interface PartMeter {
  piece(bytes: Buffer): void;
  /** Bytes of the file in the body, once all of it was seen. */
  fileBytes(): number;
}

/**
 * Finds how many bytes of a multipart body are the file's, from its two ends alone: the head of the one field, and the last
 * boundary, which some clients end with a line break and some do not.
 */
export function measurePart(bodyBytes: number, contentType: string): PartMeter {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1] ?? '';
  let start: Buffer | undefined = Buffer.alloc(0);
  let headBytes = 0;
  let lastByte = 0;
  return {
    piece(bytes) {
      lastByte = bytes[bytes.length - 1] ?? lastByte;
      if (start === undefined) return;
      start = Buffer.concat([start, bytes.subarray(0, 4096)]);
      const end = start.indexOf(HEAD_END);
      if (end < 0) return;
      headBytes = end + HEAD_END.length;
      start = undefined;
    },
    fileBytes() {
      const tail = `\r\n--${boundary}--`.length + (lastByte === '\n'.charCodeAt(0) ? 2 : 0);
      return bodyBytes - headBytes - tail;
    },
  };
}
