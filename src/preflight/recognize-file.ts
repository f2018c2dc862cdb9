import type { FileStart } from './encoding.ts';
import { findJsonFault, isObject, parseJson, REST_OF_STRING } from './json.ts';

/** What a file is that is not JSON Lines, and how to convert it. */
export interface Recognized {
  readonly code: 'not_jsonl' | 'invalid_encoding';
  readonly message: string;
  readonly hint: string;
}

/** First bytes, in hexadecimal, that no text or JSON begins with. */
const SIGNATURES: readonly (readonly [bytes: string, is: string, advice: string])[] = [
  ['1f8b', 'is compressed with gzip', 'Unpack it first, for example with gunzip.'],
  ['28b52ffd', 'is compressed with zstd', 'Unpack it first, for example with zstd -d.'],
  ['425a6839', 'is compressed with bzip2', 'Unpack it first, for example with bunzip2.'],
  ['fd377a585a', 'is compressed with xz', 'Unpack it first, for example with unxz.'],
  ['04224d18', 'is compressed with lz4', 'Unpack it first, for example with lz4 -d.'],
  ['789c', 'is compressed with zlib', 'Unpack it first.'],
  ['78da', 'is compressed with zlib', 'Unpack it first.'],
  ['504b0304', 'is a zip archive or an Office document', 'Unpack it, or export its rows, first.'],
  ['377abcaf271c', 'is a 7z archive', 'Unpack it first, for example with 7z x.'],
  ['526172211a07', 'is a RAR archive', 'Unpack it first.'],
  ['d0cf11e0', 'is an old Office document', 'Export its rows first.'],
  ['50415231', 'is in Parquet', 'Write its rows as JSON first, for example with DuckDB or pandas.'],
  ['4152524f5731', 'is in Arrow', 'Write its rows as JSON first, for example with DuckDB or pandas.'],
  ['4f626a01', 'is in Avro', 'Write its records as JSON first, for example with avro-tools tojson.'],
  ['53514c69746520666f726d6174', 'is an SQLite database', 'Write its rows as JSON first.'],
  ['255044462d', 'is a PDF', 'It needs text, one JSON object per line.'],
  ['89504e47', 'is a PNG image', 'It needs text, one JSON object per line.'],
  ['ffd8ff', 'is a JPEG image', 'It needs text, one JSON object per line.'],
  ['8004', 'is a Python pickle', 'Write it with json.dumps, one object per line.'],
  ['8005', 'is a Python pickle', 'Write it with json.dumps, one object per line.'],
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
  return isTar
    ? notJsonl('the file is a tar archive', 'Unpack it first, for example with tar -xf.')
    : undefined;
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

/** By which of the first four bytes are zeros, in a file that begins with two ASCII characters. */
const WIDE_ENCODINGS: Readonly<Record<string, string>> = {
  x0x0: 'UTF-16LE',
  '0x0x': 'UTF-16BE',
  x000: 'UTF-32LE',
  '000x': 'UTF-32BE',
};

function wideEncoding(head: Buffer): string | undefined {
  const zeros = Array.from(head.subarray(0, 4), (byte) => (byte === 0 ? '0' : 'x'));
  return WIDE_ENCODINGS[zeros.join('')];
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
  if (first === undefined || second === undefined || isObjectText(first)) return undefined;

  if (isOpen(first) && continues(first, second)) {
    return first.trimStart().startsWith('[')
      ? notJsonl('the file is one JSON array over several lines', FROM_ARRAY)
      : notJsonl('the file is JSON that is spread over several lines', FROM_PRETTY);
  }

  const isCells = isTable(first) && parseJson(first) === undefined;
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

/** Whether a line looks like the names of columns. */
function isTable(line: string): boolean {
  const isName = /^\s*(?:"[\p{L}\p{N}_ .-]+"|[\p{L}\p{N}_ .-]+)\s*$/u;

  return [',', ';', '\t'].some((separator) => {
    const cells = line.split(separator);
    return cells.length > 1 && cells.every((cell) => cell.length <= MAX_NAME && isName.test(cell));
  });
}
