import {
  type ByteOrderMark,
  type ByteReader,
  completeBytes,
  countCharacters,
  skipMark,
  validPrefix,
} from './encoding.ts';
import type { IssueList } from './issues.ts';
import { recognizeBinary } from './recognize-file.ts';

const code = 'invalid_encoding';
const NEWLINE = 0x0a;

/** Checks that a text is in UTF-8, UTF-16 or ASCII, the encodings that file search can read. */
export function createTextReader(issues: IssueList): ByteReader {
  let reader = createUtf8Reader(issues);
  return skipMark(
    ({ mark, head }) => {
      const recognized = recognizeBinary(head);
      const encoding = mark ?? guessEncoding(head);
      if (recognized || encoding.startsWith('UTF-32')) {
        reader = { read() {}, end() {} };
        issues.error(
          recognized ?? { code, message: `the file is in ${encoding}`, hint: 'Save it as UTF-8.' },
        );
        return;
      }

      if (encoding !== 'UTF-8') reader = createUtf16Reader(encoding, issues);
      if (mark !== undefined || encoding === 'UTF-8') return;

      const message = `the file looks like ${encoding}, but has no byte-order mark that says so`;
      issues.warning({ code, message, hint: 'Save it as UTF-8.' });
    },
    { read: (chunk) => reader.read(chunk), end: () => reader.end() },
  );
}

/** Most texts begin with an ASCII character. In UTF-16 one of its two bytes is zero. */
function guessEncoding([first, second]: Buffer): ByteOrderMark {
  if (first === 0 && second !== 0 && second !== undefined) return 'UTF-16BE';
  return second === 0 && first !== 0 ? 'UTF-16LE' : 'UTF-8';
}

function createUtf8Reader(issues: IssueList): ByteReader {
  /** The first bytes of a character that continues in the next chunk. */
  let rest = Buffer.alloc(0);
  let line = 1;
  let column = 1;
  let isBroken = false;

  function advance(bytes: Buffer): void {
    let start = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
      line += 1;
      column = 1;
      start = at + 1;
    }
    column += countCharacters(bytes.toString('utf8', start));
  }

  function refuse(): void {
    isBroken = true;
    const message = 'this is neither UTF-8 nor ASCII, and the file has no byte-order mark of UTF-16';
    issues.error({ code, line, column, message, hint: 'Save the file as UTF-8.' });
  }

  return {
    read(chunk) {
      if (isBroken) return;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const complete = bytes.subarray(0, completeBytes(bytes));
      rest = Buffer.from(bytes.subarray(complete.length));

      const valid = validPrefix(complete);
      advance(valid);
      if (valid.length < complete.length) refuse();
    },
    end() {
      if (!isBroken && rest.length > 0) refuse();
    },
  };
}

function createUtf16Reader(encoding: ByteOrderMark, issues: IssueList): ByteReader {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let isBroken = false;

  function decode(chunk?: Buffer): void {
    if (isBroken) return;
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      isBroken = true;
      const message = `the file begins as ${encoding}, but not all of it is`;
      issues.error({ code, message, hint: 'Save it as UTF-8.' });
    }
  }

  return { read: decode, end: () => decode() };
}
