import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Field, Wanted } from '../../../src/preflight/field-finder.ts';
import { createJsonScanner, MAX_DEPTH } from '../../../src/preflight/json-scanner.ts';
import { MAX_TEXT_BYTES } from '../../../src/preflight/text-keeper.ts';

const WANTED: Wanted = { names: ['custom_id', 'body', 'é'], inside: 'body', innerNames: ['model', 'body'] };

interface Found {
  /** Where the fault is, from 0; -1 when there is none, and the length when the text ends too early. */
  readonly fault: number;
  readonly place?: string;
  readonly expected?: string;
  readonly root?: string | undefined;
  readonly fields?: readonly (Field | undefined)[];
}

/** Reads a text that comes in pieces of these lengths, then in one; each piece is spoiled once it was read. */
function scan(
  text: string | Uint8Array,
  lengths: readonly number[] = [],
  scanner = createJsonScanner(WANTED),
): Found {
  const bytes = Buffer.from(text as string);
  scanner.reset();
  let offset = 0;
  for (const length of [...lengths, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(offset, offset + length));
    // As in a file, where other lines stand around this one.
    const around = Buffer.concat([Buffer.from('}{'), chunk, Buffer.from('"x')]);
    const at = scanner.read(around, 2, 2 + chunk.length);
    around.fill(0x21);
    if (at >= 0) return { fault: offset + at - 2, place: scanner.place(), expected: scanner.expected() };
    offset += chunk.length;
  }
  const isWhole = scanner.end();
  if (!isWhole) return { fault: bytes.length, place: scanner.place(), expected: scanner.expected() };
  return { fault: -1, root: scanner.root(), fields: [...scanner.fields] };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** On one line, because a line break ends what a scanner is given. */
const jsonText = fc
  .tuple(fc.json({ maxDepth: 4, stringUnit: 'grapheme' }), fc.constantFrom('', ' ', '\t', ' \r'))
  .map(([text, space]) => `${space}${text}${space}`);

/** Texts that are nearly JSON: something in them was taken out, put in or changed. */
const nearlyJson = fc
  .tuple(jsonText, fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...'{}[]",:\\u0e+-.1tfn \u0001é', ''))
  .map(([text, at, removed, inserted]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + inserted + text.slice(place + removed);
  });

const name = fc.constantFrom('custom_id', 'body', 'model', 'é', 'other', '');

/** Objects with the wanted names among others, at times twice, with names that are written with escapes, and values of all kinds. */
const objectText = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('1', '-0.5e+3', 'true', 'null', '""', '"POST"', '"a\\n\\u00e9é🚀"'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(name, fc.boolean(), tie('value')), { maxLength: 5 })
    .map(
      (pairs) =>
        `{${pairs.map(([key, isEscaped, text]) => `${written(key, isEscaped)}: ${text}`).join(' ,')}}`,
    ),
})).object;

const lengths = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 100 });

describe('the scanner', () => {
  it('takes what JSON.parse takes, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(jsonText, nearlyJson, nearlyJson, fc.string()), (text) => {
        fc.pre(!/[\n\ud800-\udfff]/u.test(text));
        expect(scan(text).fault === -1).toBe(parses(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('finds the same however the bytes are cut, and whatever it read before', () => {
    const used = createJsonScanner(WANTED);
    const texts = fc.oneof(objectText, nearlyJson);
    fc.assert(
      fc.property(texts, lengths, (text, cut) => {
        expect(scan(text, cut, used)).toEqual(scan(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('tells the first byte that cannot be', () => {
    fc.assert(
      fc.property(jsonText, fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const place = at % (bytes.length + 1);
        // No JSON has this byte, wherever it is; before it, all is well.
        const broken = Buffer.concat([bytes.subarray(0, place), Buffer.from([0x01]), bytes.subarray(place)]);
        expect(scan(broken).fault).toBe(place);
      }),
    );
  });

  it.each([
    ['{"a":1,}', 7, 'a name in double quotes'],
    ["{'a':1}", 1, 'a name in double quotes or }'],
    ['{"a" 1}', 5, 'a colon'],
    ['{"a":}', 5, 'a value'],
    ['[1,]', 3, 'a value'],
    ['[1 2]', 3, 'a comma or the closing bracket'],
    ['[1}', 2, 'a comma or the closing bracket'],
    ['{"a":1]', 6, 'a comma or the closing bracket'],
    ['{"a":1', 6, 'a comma or the closing bracket'],
    ['{} {}', 3, 'the end of the line'],
    ['1 2', 2, 'the end of the line'],
    ['}', 0, 'a value'],
    [']', 0, 'a value'],
    ['NaN', 0, 'a value'],
    ['[truE]', 4, 'true, false or null'],
    ['nul', 3, 'true, false or null'],
    ['01', 1, 'the rest of a number'],
    ['-', 1, 'the rest of a number'],
    ['[1.]', 3, 'the rest of a number'],
    ['1e', 2, 'the rest of a number'],
    ['"a', 2, 'the rest of the string'],
    ['"a\tb"', 2, 'the rest of the string'],
    ['"\\x"', 2, 'one of "\\/bfnrtu after the backslash'],
    ['"\\u12g4"', 5, 'four hexadecimal digits after \\u'],
    ['', 0, 'a value'],
  ])('says of %j that at %i it wants %s', (text, fault, expected) => {
    expect(scan(text)).toMatchObject({ fault, expected });
  });

  it('takes the same bytes for UTF-8 as the standard', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const isUtf8 = (bytes: Uint8Array) => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    // The bounds of what may be first or next, and what is just beyond them.
    const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed];
    const byte = fc.constantFrom(...edges, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (bytes) => {
        const found = scan(Buffer.from([0x22, ...bytes, 0x22]));
        expect(found.fault === -1).toBe(isUtf8(Buffer.from(bytes)));
        if (found.fault !== -1) expect(['string', 'character']).toContain(found.place);
      }),
      { numRuns: 20_000 },
    );
  });

  it('keeps what is wanted, the last of two, wherever it stands', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const { custom_id, body, é } = JSON.parse(text);
        const inner = kindOf(body) === 'object' ? body : {};
        const wanted = [custom_id, body, é, inner.model, inner.body];
        expect(scan(text).fields?.map(shown)).toEqual(wanted.map((value) => shown(fieldOf(value))));
      }),
      { numRuns: 2000 },
    );
  });

  it('cuts a text that nobody would write, and does not hold it', () => {
    const long = 'x'.repeat(MAX_TEXT_BYTES);
    const text = (value: string) => JSON.stringify({ custom_id: value, [`${long}${long}`]: 1 });
    const field = (value: string, cut: number[] = []) => scan(text(value), cut).fields?.[0];
    expect(field(long)).toEqual({ kind: 'string', text: long, isCut: false });
    for (const cut of [[], [20], [400, 300], Array(1500).fill(1)])
      expect(field(`${long}y`, cut)).toEqual({ kind: 'string', text: long, isCut: true });
    expect(field(`${'x'.repeat(MAX_TEXT_BYTES - 1)}\n`)).toMatchObject({ isCut: true });
  });

  it('goes as deep as anybody would, and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(scan(nested(MAX_DEPTH)).fault).toBe(-1);
    expect(scan(nested(MAX_DEPTH + 1))).toMatchObject({ fault: MAX_DEPTH, expected: 'at most 10000 levels' });
  });
});

function written(key: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(key);
  return `"${[...key].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

function kindOf(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'array' : typeof value;
}

function fieldOf(value: unknown): unknown {
  if (value === undefined) return undefined;
  const kind = kindOf(value);
  return kind === 'string' ? { kind, text: value, isCut: false } : { kind };
}

function shown(field: unknown): string {
  return JSON.stringify(field) ?? 'none';
}
