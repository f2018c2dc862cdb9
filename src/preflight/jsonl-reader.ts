import { formatKind } from './describe-field.ts';
import type { IssueList } from './issue-list.ts';
import type { JsonScanner } from './json-scanner.ts';
import { type ByteReader, skipMark } from './skip-mark.ts';

/** What a purpose asks of the lines. */
export interface LineRules {
  /** A line that is a JSON object; its fields are those of the scanner. `start`: of its bytes in the file. */
  line(number: number, start: number): void;
  /** Any line, good, bad or blank, after all else about it was told; the fields are still there. */
  ended?(line: EndedLine): void;
  /** The file is over. `lines` are those that are not blank, good or bad. */
  end(lines: number): void;
}

/** The bytes of a line in the file, with its end, half-open. */
interface EndedLine {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly isBlank: boolean;
}

export interface JsonlReader extends ByteReader {
  /** Blank ones included; undefined when they could not be told. */
  lines(): number | undefined;
  /** Where the line begins that has not come to its end yet. */
  lineStart(): number;
}

const NEWLINE = 0x0a;
/** Of the byte-order mark of UTF-8. */
const MARK_BYTES = 3;
const NOT_UTF8 = {
  code: 'invalid_encoding',
  message: 'this is not UTF-8',
  hint: 'Save the file as UTF-8.',
} as const;

/**
 * Reads a file as lines of JSON objects, of any length, and tells what is wrong with them. A line ends with `\n`, which a
 * `\r` may precede, or with the file.
 */
export function createJsonlReader(scanner: JsonScanner, rules: LineRules, issues: IssueList): JsonlReader {
  let line = 1;
  let filledLines = 0;
  /** Of this line. */
  let hasBytes = false;
  let isBroken = false;
  /** Of this line, in the chunks before. */
  let charactersBefore = 0;
  let isOtherEncoding = false;
  /** In the file: of this line, and of what comes next. */
  let lineStart = 0;
  let position = 0;

  /** `before` are the characters of the line before the byte that cannot be, or before its end. */
  function fault(before: number, byte: number | undefined): void {
    isBroken = true;
    const place = scanner.place();
    if (place === 'character') issues.error({ ...NOT_UTF8, line, column: before });
    else if (place === 'string' && byte !== undefined && byte >= 0x80)
      issues.error({ ...NOT_UTF8, line, column: before + 1 });
    else {
      const message = `expected ${scanner.expected()}, found ${nameOf(byte)}`;
      const hint = 'Each line has to be one whole JSON object, as JSON.stringify or json.dumps writes it.';
      issues.error({ code: 'invalid_json', line, column: before + 1, message, hint });
    }
  }

  function endLine(charactersHere: () => number, end: number): void {
    if (!isBroken && !scanner.end() && scanner.root() !== undefined)
      fault(charactersBefore + charactersHere(), undefined);
    const root = scanner.root();
    if (isBroken || root !== undefined) filledLines += 1;
    if (!isBroken) {
      if (root === 'object') rules.line(line, lineStart);
      else if (root !== undefined)
        issues.error({
          code: 'not_an_object',
          line,
          message: `this is ${formatKind(root)}, not a JSON object`,
        });
      else issues.warning({ code: 'blank_line', line, message: 'this line is blank', hint: 'Take it out.' });
    }
    rules.ended?.({ line, start: lineStart, end, isBlank: !isBroken && root === undefined });
    scanner.reset();
    lineStart = end;
    hasBytes = false;
    isBroken = false;
    charactersBefore = 0;
    line += 1;
  }

  const reader: ByteReader = {
    read(chunk) {
      if (isOtherEncoding) return;
      const base = position;
      position += chunk.length;
      for (let start = 0; start < chunk.length; ) {
        const newline = chunk.indexOf(NEWLINE, start);
        const end = newline < 0 ? chunk.length : newline;
        const at = isBroken ? -1 : scanner.read(chunk, start, end);
        if (at >= 0) fault(charactersBefore + countCharacters(chunk, start, at), chunk[at]);
        const from = start;
        if (newline >= 0) endLine(() => countCharacters(chunk, from, end), base + end + 1);
        else {
          hasBytes = true;
          if (!isBroken) charactersBefore += countCharacters(chunk, start, end);
        }
        start = end + 1;
      }
    },
    end() {
      if (hasBytes) endLine(() => 0, position);
      if (!isOtherEncoding) rules.end(filledLines);
    },
  };
  const start = skipMark((mark) => {
    if (mark === 'UTF-8') {
      position = lineStart = MARK_BYTES;
      const message = 'the file begins with a byte-order mark, which JSON does not know';
      issues.warning({ code: 'byte_order_mark', line: 1, message, hint: 'Save it as UTF-8 without one.' });
    } else if (mark !== undefined) {
      isOtherEncoding = true;
      issues.error({ ...NOT_UTF8, message: `the file is in ${mark}, not UTF-8` });
    }
  }, reader);
  return { ...start, lines: () => (isOtherEncoding ? undefined : line - 1), lineStart: () => lineStart };
}

function nameOf(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the line';
  if (byte === 0x22) return 'a double quote';
  if (byte === 0x09) return 'a tab';
  if (byte < 0x20 || byte === 0x7f) return `a control character (0x${byte.toString(16).padStart(2, '0')})`;
  return byte < 0x80 ? `"${String.fromCharCode(byte)}"` : 'a character beyond ASCII';
}

/** Of UTF-8: all bytes but those that go on with a character. */
function countCharacters(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) if (((bytes[at] as number) & 0xc0) !== 0x80) count += 1;
  return count;
}
