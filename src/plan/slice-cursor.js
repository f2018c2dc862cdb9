// Plain JavaScript because the worker needs it, and a `.ts` worker does not load on Node 20.

/**
 * One read of the file. Of its bytes those of `pieces` are wanted: starts and ends, in turn, counted from `position`.
 *
 * @typedef {{ readonly position: number, readonly length: number, readonly pieces: readonly number[] }} SliceRead
 */

/** What is wanted is read in one go with what lies between, up to here: that costs less than another read. */
const MAX_GAP_BYTES = 64 * 1024;

/**
 * Finds the reads of the file that give a range of what is uploaded. Of lines that belong to several uploads in turn, each
 * upload has many small slices; so that they are not read one by one, a read takes all that it comes upon.
 *
 * `next` gives a read of at most `mostSpan` bytes with at most `mostBytes` that are wanted; undefined when there is no more.
 *
 * @param {string | null} places of the slices; null when all of the file is uploaded
 * @param {number} offset where the range begins in what is uploaded
 * @param {number} length
 * @returns {{ next(mostBytes: number, mostSpan: number): SliceRead | undefined }}
 */
export function startSliceCursor(places, offset, length) {
  const slices = places === null ? undefined : readPlaces(places);
  let at = slices === undefined ? offset : 0;
  let left = slices === undefined ? length : 0;
  let remaining = length;
  const advance = () => {
    const slice = slices?.next();
    if (slice === undefined) throw new RangeError('the slices are shorter than what is uploaded');
    at = slice.offset;
    left = slice.length;
  };
  for (let skip = slices === undefined ? 0 : offset; skip > 0; ) {
    if (left === 0) advance();
    const step = Math.min(skip, left);
    at += step;
    left -= step;
    skip -= step;
  }
  return {
    next(mostBytes, mostSpan) {
      if (remaining === 0) return undefined;
      if (left === 0) advance();
      const position = at;
      const pieces = [];
      let end = 0;
      for (let room = mostBytes; remaining > 0 && room > 0; ) {
        if (left === 0) advance();
        const start = at - position;
        if (start >= mostSpan || start - end > MAX_GAP_BYTES) break;
        const size = Math.min(left, remaining, room, mostSpan - start);
        end = start + size;
        pieces.push(start, end);
        at += size;
        left -= size;
        room -= size;
        remaining -= size;
      }
      return { position, length: end, pieces };
    },
  };
}

/**
 * Draws the pieces of a read, which lies in `buffer` from `from` on, together there.
 *
 * @param {Buffer} buffer
 * @param {number} from
 * @param {readonly number[]} pieces
 * @returns {number} where they end
 */
export function gatherPieces(buffer, from, pieces) {
  let to = from;
  for (let index = 0; index < pieces.length; index += 2) {
    const start = from + Number(pieces[index]);
    const end = from + Number(pieces[index + 1]);
    if (start !== to) buffer.copyWithin(to, start, end);
    to += end - start;
  }
  return to;
}

/**
 * Reads what `write-places.ts` has written, slice by slice.
 *
 * @param {string} text
 * @returns {{ next(): { offset: number, length: number } | undefined }}
 */
export function readPlaces(text) {
  const bytes = Buffer.from(text, 'base64');
  let used = 0;
  let end = 0;
  const readNumber = () => {
    let value = 0;
    for (let scale = 1; used < bytes.length; scale *= 0x80) {
      const byte = Number(bytes[used++]);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  return {
    next() {
      if (used === bytes.length) return undefined;
      const offset = end + readNumber();
      const length = readNumber();
      end = offset + length;
      return { offset, length };
    },
  };
}

/**
 * How many bytes the slices have and where the last one ends; undefined when they are no slices.
 *
 * @param {string} places
 * @returns {{ bytes: number, end: number } | undefined}
 */
export function measurePlaces(places) {
  const slices = readPlaces(places);
  let bytes = 0;
  let end = 0;
  for (let slice = slices.next(); slice !== undefined; slice = slices.next()) {
    bytes += slice.length;
    end = slice.offset + slice.length;
    if (!(slice.length > 0) || !Number.isSafeInteger(end)) return undefined;
  }
  return bytes > 0 ? { bytes, end } : undefined;
}
