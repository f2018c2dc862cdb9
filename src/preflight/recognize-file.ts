import type { FileStart } from './encoding.ts';
import { findJsonFault, isObject, parseJson, REST_OF_STRING } from './json.ts';

/** What a file is that is not JSON Lines, and how to convert it. */
export interface Recognized {
  readonly code: 'not_jsonl' | 'invalid_encoding';
  readonly message: string;
  readonly hint: string;
}

const NEEDS_TEXT = 'It needs text, one JSON object per line.';
const USE_DUMPS = 'Write it with json.dumps, one object per line.';
const WRITE_ROWS = 'Write its rows as JSON first, for example with DuckDB or pandas.';

const unpack = (tool: string) => `Unpack it first, for example with ${tool}.`;
const compressed = (bytes: string, by: string, tool: string) =>
  [bytes, `is compressed with ${by}`, unpack(tool)] as const;

/** First bytes, in hexadecimal, that no text or JSON begins with. */
const SIGNATURES: readonly (readonly [bytes: string, is: string, advice: string])[] = [
  compressed('1f8b', 'gzip', 'gunzip'),
  compressed('28b52ffd', 'zstd', 'zstd -d'),
  compressed('425a68', 'bzip2', 'bunzip2'),
  compressed('fd377a585a', 'xz', 'unxz'),
  compressed('04224d18', 'lz4', 'lz4 -d'),
  ['504b0304', 'is a zip archive or an Office document', 'Unpack it, or export its rows, first.'],
  ['377abcaf271c', 'is a 7z archive', unpack('7z x')],
  ['526172211a07', 'is a RAR archive', unpack('unrar x')],
  ['d0cf11e0', 'is an old Office document', 'Export its rows first.'],
  ['50415231', 'is in Parquet', WRITE_ROWS],
  ['4152524f5731', 'is in Arrow', WRITE_ROWS],
  ['4f626a01', 'is in Avro', 'Write its records as JSON first, for example with avro-tools tojson.'],
  ['53514c69746520666f726d6174', 'is an SQLite database', WRITE_ROWS],
  ['255044462d', 'is a PDF', NEEDS_TEXT],
  ['89504e47', 'is a PNG image', NEEDS_TEXT],
  ['ffd8ff', 'is a JPEG image', NEEDS_TEXT],
  ['8004', 'is a Python pickle', USE_DUMPS],
  ['8005', 'is a Python pickle', USE_DUMPS],
  ['00000000', 'begins with zeros, so it was probably not copied completely', 'Copy it again.'],
];

/** Where a tar archive holds the name of its format. */
const TAR_NAME_OFFSET = 257;

const TO_UTF8 = 'Save it as UTF-8, for example with';

/** Recognizes a file that is not text by its first bytes. */
export function recognizeBinary(head: Buffer): Recognized | undefined {
  const start = head.toString('hex', 0, 16);
  const known = SIGNATURES.find(([bytes]) => start.startsWith(bytes));
  if (known) return notJsonl(`the file ${known[1]}`, known[2]);

  const isTar = head.toString('latin1', TAR_NAME_OFFSET, TAR_NAME_OFFSET + 5) === 'ustar';
  return isTar ? notJsonl('the file is a tar archive', unpack('tar -xf')) : undefined;
}

/**
 * Recognizes a file that is not JSON Lines at all, so errors in its lines would mean nothing. A
 * file that begins with an object on a line of its own is never recognized as text of another kind.
 */
export function recognizeFile({ mark, head, isWhole }: FileStart): Recognized | undefined {
  const code = 'invalid_encoding';
  if (mark !== undefined && mark !== 'UTF-8') {
    // With this name iconv goes by the byte-order mark, and leaves it out.
    const advice = `${TO_UTF8} iconv -f ${mark.slice(0, -2)} -t UTF-8.`;
    return { code, message: `the file is in ${mark}, not UTF-8`, hint: advice };
  }

  const encoding = wideEncoding(head);
  if (encoding !== undefined) {
    const message = `the file is in ${encoding} without a byte-order mark, not UTF-8`;
    return { code, message, hint: `${TO_UTF8} iconv -f ${encoding} -t UTF-8.` };
  }

  return recognizeBinary(head) ?? recognizeText(head.toString(), isWhole);
}

/** A text has none of these, or one or two kinds at most, by accident. */
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g;
const MAX_CONTROLS = 2;

/** By which of the first bytes are zeros, in a file that begins with some ASCII characters. */
const WIDE_ENCODINGS: Readonly<Record<string, string>> = {
  x0x0: 'UTF-16LE',
  '0x0x': 'UTF-16BE',
  x000: 'UTF-32LE',
  '000x': 'UTF-32BE',
};

function wideEncoding(head: Buffer): string | undefined {
  const zeros = Array.from(head.subarray(0, 8), (byte) => (byte === 0 ? '0' : 'x')).join('');
  const pattern = zeros.slice(0, 4);
  // Other formats begin with such bytes, too, but do not go on with them.
  return pattern.repeat(2).startsWith(zeros) ? WIDE_ENCODINGS[pattern] : undefined;
}

function recognizeText(text: string, isWhole: boolean): Recognized | undefined {
  const lines = text.split(/\r?\n/);
  // The last line may continue after the head.
  const [first, second] = (isWhole ? lines : lines.slice(0, -1)).filter((line) => line.trim() !== '');
  const start = text.trimStart().slice(0, 100);

  if (/^\[\s*\{/.test(start) && (first === undefined || (second === undefined && isArray(first))))
    return notJsonl('the file is one JSON array', FROM_ARRAY);
  if (/^<[!?a-z]/i.test(start))
    return notJsonl('the file is HTML or XML', 'A download may have saved an error page.');
  if (start.startsWith('version https://git-lfs'))
    return notJsonl('the file is a pointer of Git LFS', 'Get the file itself with git lfs pull.');
  if (/^[^\n]*\r[^\n]/.test(text) && text.split('\r', 2).every(isObjectText))
    return notJsonl('its lines end with carriage returns alone', FROM_OLD_MAC);
  if (!/^[[{]/.test(start) && new Set(text.match(CONTROL)).size > MAX_CONTROLS)
    return notJsonl('the file is not text', NEEDS_TEXT);
  if (first === undefined || second === undefined || isObjectText(first)) return undefined;

  if ([first, second].every((line) => /^\s*\{\s*'/.test(line)))
    return notJsonl('its strings are in single quotes, as Python prints them', USE_DUMPS);

  if (isOpen(first) && continues(first, second)) {
    return first.trimStart().startsWith('[')
      ? notJsonl('the file is one JSON array over several lines', FROM_ARRAY)
      : notJsonl('the file is JSON that is spread over several lines', FROM_PRETTY);
  }

  const isCells = isTable(first, second) && parseJson(first) === undefined;
  return isCells ? notJsonl('the file looks like a table (CSV or TSV)', FROM_TABLE) : undefined;
}

function notJsonl(message: string, hint: string): Recognized {
  return { code: 'not_jsonl', message, hint };
}

const ONE_A_LINE = 'Write one object per line, for example with';
const FROM_ARRAY = `${ONE_A_LINE} jq -c '.[]'.`;
const FROM_PRETTY = `${ONE_A_LINE} jq -c '.'.`;
const FROM_OLD_MAC = "Write line feeds, for example with tr '\\r' '\\n'.";
const FROM_TABLE =
  'Write each row as a JSON object, for example with csv.DictReader and json.dumps in Python.';

const isArray = (line: string) => Array.isArray(parseJson(line));

const isObjectText = (line: string) => isObject(parseJson(line));

/** Whether a text begins an object or array that it does not close. */
function isOpen(text: string): boolean {
  const fault = findJsonFault(text);
  return /^\s*[[{]/.test(text) && fault?.at === text.length && fault.expected !== REST_OF_STRING;
}

/** Whether the second line continues what the first has begun, and is not a value of its own. */
function continues(first: string, second: string): boolean {
  if (first.trimStart().startsWith('{') && isObjectText(second)) return false;
  const both = `${first} ${second}`;
  return isOpen(both) || parseJson(both) !== undefined;
}

const MAX_NAME = 64;

/** Whether a line looks like the names of columns, and the next has columns, too. */
function isTable(line: string, next: string): boolean {
  const isName = /^\s*(?:"[\p{L}\p{N}_ .-]+"|[\p{L}\p{N}_ .-]+)\s*$/u;

  return [',', ';', '\t'].some((separator) => {
    const cells = line.split(separator);
    return (
      cells.length > 1 &&
      next.includes(separator) &&
      cells.every((cell) => cell.length <= MAX_NAME && isName.test(cell))
    );
  });
}
