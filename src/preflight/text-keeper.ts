/** More than anybody writes as a name or an id, and little enough to keep one for each line. */
export const MAX_TEXT_BYTES = 512;

/** A string of the JSON, cut at `MAX_TEXT_BYTES`. */
export interface Text {
  readonly kind: 'string';
  readonly text: string;
  readonly isCut: boolean;
}

/** Keeps the text of one string at a time while its bytes come, in as many pieces as they like. */
export interface TextKeeper {
  /** New bytes have come; a text that is being kept goes on at `start`. */
  read(bytes: Buffer, start: number): void;
  /** A text begins. */
  start(at: number): void;
  /** The bytes are gone after `end`: what is needed of them has to be held. */
  hold(end: number): void;
  /** The text ends. @returns which of `texts` it is, or -1 */
  find(texts: readonly Buffer[], end: number): number;
  /** The text ends. @returns it, cut at `MAX_TEXT_BYTES` */
  take(end: number): Text;
  drop(): void;
}

export function createTextKeeper(): TextKeeper {
  const held: Buffer = Buffer.alloc(MAX_TEXT_BYTES + 1);
  let heldBytes = 0;
  let bytes: Buffer = held;
  /** -1 when no text is kept. */
  let from = -1;

  function hold(end: number): void {
    if (from < 0) return;
    const to = Math.min(end, from + held.length - heldBytes);
    heldBytes += bytes.copy(held, heldBytes, from, to);
  }

  /** Brings the text into one piece, from `from` to what is returned: as a rule it is where it came. */
  function gather(end: number): number {
    if (heldBytes === 0) return end;
    hold(end);
    bytes = held;
    from = 0;
    return heldBytes;
  }

  return {
    read(chunk, start) {
      bytes = chunk;
      if (from >= 0) from = start;
    },
    start(at) {
      from = at;
      heldBytes = 0;
    },
    hold,
    find(texts, end) {
      const source = bytes;
      const to = gather(end);
      let index = texts.length - 1;
      while (index >= 0 && !isAt(bytes, from, to, texts[index] as Buffer)) index -= 1;
      // A name may be written with escapes, though hardly ever is.
      if (index < 0 && hasEscape(bytes, from, to)) {
        const text = decode(bytes, from, to);
        index = texts.findIndex((other) => other.toString() === text);
      }
      bytes = source;
      from = -1;
      return index;
    },
    take(end) {
      const source = bytes;
      const to = gather(end);
      const isCut = to - from > MAX_TEXT_BYTES;
      const text = decode(bytes, from, isCut ? from + MAX_TEXT_BYTES : to);
      bytes = source;
      from = -1;
      return { kind: 'string', text, isCut };
    },
    drop() {
      from = -1;
    },
  };
}

function isAt(bytes: Buffer, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false;
  for (let at = 0; at < text.length; at += 1) if (text[at] !== bytes[from + at]) return false;
  return true;
}

function hasEscape(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] === 0x5c) return true;
  return false;
}

/** Of a text that was cut, an escape may be cut too; then it stays as it was written. */
function decode(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}
