import {
  type ByteReader,
  countCharacters,
  createLinesDecoder,
  type FileStart,
  skipMark,
} from './encoding.ts';
import { BEYOND_ASCII, describeFound, describeKind, type IssueList, type NewIssue } from './issues.ts';
import {
  END,
  findJsonFault,
  isObject,
  type JsonFault,
  type JsonObject,
  parseBefore,
  parseJson,
  REST_OF_STRING,
} from './json.ts';
import { recognizeFile } from './recognize-file.ts';
import { createUnfinishedLine, type LineText, MAX_LINE_BYTES, textOf, wholeText } from './unfinished-line.ts';

/** The rules of a purpose for the lines of a file. */
export interface LineRules {
  /** Called for a line that is a JSON object. Long strings in it may be cut short. */
  line(value: JsonObject, line: number): void;
  /** Called for every line, good, bad or blank, after everything about it was reported. */
  ended?(line: EndedLine): void;
  /** Called at the end of the file. `lines` counts those that are not blank, good or bad. */
  end(lines: number): void;
}

export interface EndedLine {
  readonly line: number;
  /** Where its bytes are in the file, with its line ending: a half-open interval. */
  readonly start: number;
  readonly end: number;
  readonly isBlank: boolean;
  /** For a bad line, what could be read of it. Undefined when that is not an object. */
  readonly value: JsonObject | undefined;
}

export interface JsonlReader extends ByteReader {
  /** Includes blank lines. Undefined when the file was not read as lines. */
  lines(): number | undefined;
}

const NEWLINE = 0x0a;
/** How much is decoded at once. For larger strings V8 would ask the system for memory each time. */
const MAX_PIECE_BYTES = 32 * 1024;
const BLANK = /^[ \t\r]*$/;
const NOT_UTF8 = {
  code: 'invalid_encoding',
  message: 'this is not UTF-8',
  hint: 'Save the file as UTF-8.',
} as const;
const TOO_LONG = {
  code: 'too_large',
  message: `this line has over ${MAX_LINE_BYTES / 1024 ** 2} MiB`,
  hint: 'Split the request.',
} as const;
const INVALID_JSON = {
  code: 'invalid_json',
  hint: 'Each line has to be one whole JSON object, as JSON.stringify or json.dumps writes it.',
} as const;

/** The result of a line. `value` is its content, or for a bad line as much as could be read. */
interface Verdict {
  readonly isBlank: boolean;
  readonly value: unknown;
}

/**
 * Reads a file as lines of JSON objects and reports what is wrong with them. A line ends with `\n`
 * or `\r\n`, or with the file. A file that is recognized as something else is not read as lines.
 * @param onMark called when the file begins with the byte-order mark of UTF-8
 */
export function createJsonlReader(rules: LineRules, issues: IssueList, onMark?: () => void): JsonlReader {
  const decodeLines = createLinesDecoder();
  const unfinished = createUnfinishedLine();
  let line = 1;
  let filledLines = 0;
  let lineStart = 0;
  let isSomethingElse = false;
  /** The verdict on the unfinished line, once it is bad whatever follows. */
  let verdict: Verdict | undefined;

  function readPiece(piece: Buffer): void {
    let start = 0;
    if (unfinished.bytes() > 0) {
      const end = piece.indexOf(NEWLINE);
      if (end < 0) {
        addToUnfinished(piece);
        return;
      }

      addToUnfinished(piece.subarray(0, end));
      endUnfinished(1);
      start = end + 1;
    }

    // Decoding all lines at once is faster, and it rarely fails.
    const texts = decodeLines(piece.subarray(start, piece.lastIndexOf(NEWLINE) + 1));
    let textStart = 0;
    for (let end = piece.indexOf(NEWLINE, start); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      if (texts === undefined) endLine(judge(textOf(piece.subarray(start, end))), end + 1 - start);
      else {
        const textEnd = texts.indexOf('\n', textStart);
        endLine(judge(wholeText(texts.slice(textStart, textEnd))), end + 1 - start);
        textStart = textEnd + 1;
      }
      start = end + 1;
    }
    addToUnfinished(piece.subarray(start));
  }

  function addToUnfinished(bytes: Buffer): void {
    unfinished.add(bytes);
    if (verdict === undefined && unfinished.isBad()) verdict = judge(unfinished.takeText());
  }

  function endUnfinished(newlineBytes: number): void {
    const bytes = unfinished.bytes() + newlineBytes;
    endLine(verdict ?? judge(unfinished.takeText()), bytes);
    unfinished.restart();
    verdict = undefined;
  }

  function endLine({ isBlank, value }: Verdict, bytes: number): void {
    const start = lineStart;
    lineStart += bytes;
    rules.ended?.({ line, start, end: lineStart, isBlank, value: isObject(value) ? value : undefined });
    if (!isBlank) filledLines += 1;
    line += 1;
  }

  /** Reports what is wrong with the current line. `read` is undefined when the line is too long. */
  function judge(read: LineText | undefined): Verdict {
    if (read === undefined) {
      issues.error({ ...TOO_LONG, line });
      return { isBlank: false, value: undefined };
    }
    if (read.isUtf8 && BLANK.test(read.text)) {
      issues.warning({ code: 'blank_line', line, message: 'this line is blank', hint: 'Take it out.' });
      return { isBlank: true, value: undefined };
    }

    const value = read.isUtf8 ? parseJson(read.text) : undefined;
    if (value === undefined) {
      const findFault = () => findJsonFault(read.text) ?? { at: read.text.length, expected: END };
      issues.lineError(() => describeFault(read, findFault()));
      return { isBlank: false, value: rules.ended && parseBefore(findFault(), read.text) };
    }

    if (isObject(value)) rules.line(value, line);
    else {
      const message = `this is ${describeKind(value)}, not a JSON object`;
      issues.error({ code: 'not_an_object', line, message });
    }
    return { isBlank: false, value };
  }

  function describeFault({ text, isUtf8, leftOutBefore }: LineText, { at, expected }: JsonFault): NewIssue {
    const column = countCharacters(text.slice(0, at)) + leftOutBefore(at) + 1;
    const isBadByte = !isUtf8 && at === text.length;
    if (isBadByte && expected === REST_OF_STRING) return { ...NOT_UTF8, line, column };

    const found = isBadByte ? BEYOND_ASCII : describeFound(text, { at, expected });
    return { ...INVALID_JSON, line, column, message: `expected ${expected}, found ${found}` };
  }

  function start(fileStart: FileStart): void {
    const other = recognizeFile(fileStart);
    if (other) {
      isSomethingElse = true;
      issues.error(other);
    } else if (fileStart.mark !== undefined) {
      lineStart = fileStart.markBytes;
      onMark?.();
    }
  }

  const reader = skipMark(start, {
    read(chunk) {
      if (isSomethingElse) return;
      for (let from = 0; from < chunk.length; from += MAX_PIECE_BYTES)
        readPiece(chunk.subarray(from, from + MAX_PIECE_BYTES));
    },
    end() {
      if (isSomethingElse) return;
      if (unfinished.bytes() > 0) endUnfinished(0);
      rules.end(filledLines);
    },
  });
  return { ...reader, lines: () => (isSomethingElse ? undefined : line - 1) };
}
