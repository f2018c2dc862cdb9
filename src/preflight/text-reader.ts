import type { IssueList } from './issue-list.ts';
import { FAULT, NEXT, STRING } from './json-grammar.ts';
import { type ByteOrderMark, type ByteReader, skipMark } from './skip-mark.ts';

const code = 'invalid_encoding';
const NEWLINE = 0x0a;

/** Reads a text file to see that it is in UTF-8, UTF-16 or ASCII, which is what file search can read. */
export function createTextReader(issues: IssueList): ByteReader {
  let reader = createUtf8Reader(issues);
  return skipMark(
    (mark, start) => {
      const guess = mark ?? guessOf(start);
      if (guess !== 'UTF-8') reader = createUtf16Reader(guess, issues);
      if (mark !== undefined || guess === 'UTF-8') return;
      const message = `the file looks like ${guess}, but has no byte-order mark that says so`;
      issues.warning({ code, message, hint: 'Save it as UTF-8.' });
    },
    { read: (chunk) => reader.read(chunk), end: () => reader.end() },
  );
}

/** Most texts begin with an ASCII character, which is half zero in UTF-16. */
function guessOf([first, second]: Buffer): ByteOrderMark {
  if (first === 0 && second !== 0 && second !== undefined) return 'UTF-16BE';
  return second === 0 && first !== 0 ? 'UTF-16LE' : 'UTF-8';
}

function createUtf8Reader(issues: IssueList): ByteReader {
  let state = STRING;
  let line = 1;
  let column = 0;
  let isBroken = false;
  const fault = () => {
    isBroken = true;
    const message = 'this is neither UTF-8 nor ASCII, nor has the file the byte-order mark of UTF-16';
    issues.error({ code, line, column, message, hint: 'Save the file as UTF-8.' });
  };
  return {
    read(chunk) {
      if (isBroken) return;
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] as number;
        if (byte < 0x80 && state === STRING) {
          column = byte === NEWLINE ? 0 : column + 1;
          if (byte === NEWLINE) line += 1;
          continue;
        }
        if (state === STRING) column += 1;
        // The table of JSON knows UTF-8 as the inside of a string.
        state = NEXT[(state << 8) | byte] as number;
        if (state === FAULT) return fault();
      }
    },
    end() {
      if (!isBroken && state !== STRING) fault();
    },
  };
}

function createUtf16Reader(encoding: ByteOrderMark, issues: IssueList): ByteReader {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let isBroken = false;
  const decode = (chunk?: Buffer) => {
    if (isBroken) return;
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      isBroken = true;
      issues.error({
        code,
        message: `the file begins as ${encoding}, but not all of it is`,
        hint: 'Save it as UTF-8.',
      });
    }
  };
  return { read: decode, end: () => decode() };
}
