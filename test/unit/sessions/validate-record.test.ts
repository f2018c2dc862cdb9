import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/sessions/record.ts';
import { parseRecord } from '../../../src/sessions/validate-record.ts';
import { recordOf } from '../../helpers/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const SAMPLES = fileURLToPath(new URL('../../samples/records', import.meta.url));
const FILE = '/state/upload_1.json';
const parse = (value: unknown) => parseRecord(value, FILE);
const part = recordOf().parts[0]!;

/** Values that are wrong for each field. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  schemaVersion: [0, -1, '1', null],
  uploadId: ['', 1, null, '..', 'config', 'a\nb', '\ud800'],
  status: ['done', '', null, 1],
  baseUrl: ['', null],
  organization: ['', 1],
  project: ['', 1],
  purpose: ['', null],
  filename: ['', null],
  mimeType: ['', null],
  fileLifetimeSeconds: [0, -1, 1.5, '3600'],
  createdAt: [-1, 1.5, '1900000000', null, 8_640_000_000_001],
  expiresAt: [-1, 1.5, null, Number.MAX_SAFE_INTEGER],
  clockOffsetMs: ['0', null, 1e300],
  source: [null, [], 'a'],
  spool: ['', '../a', '/data/a.jsonl', 1, undefined],
  cutFrom: ['', 1, {}, { path: '/data/big.jsonl', checksum: '0000abcd' }, { checksum: 'crc32:0000abcd' }],
  partBytes: [0, -1, 1.5, '10'],
  minPartBytes: [0, -1, 1.5, '10', null],
  wantsMd5: [0, 'true', null],
  md5: ['', 'D41D8CD98F00B204E9800998ECF8427E', 'd41d8c', 5],
  parts: [null, {}, [null], [[]]],
  file: [[], {}, { id: '' }, { id: 5 }, 'file-1'],
};

const WRONG_SOURCE: Readonly<Record<string, readonly unknown[]>> = {
  path: ['', null],
  bytes: [0, -1, 1.5, '25'],
  modifiedNs: [5, '', '1.5', 'now'],
  changedNs: [5, '', '1e9'],
  inode: [5, '', '-', '1e3'],
};

const WRONG_PART: Readonly<Record<string, readonly unknown[]>> = {
  index: [-1, 0.5, '0', 3],
  offset: [-10, '0', 5],
  length: [0, '10', 9],
  partId: ['', null],
  checksum: ['', 'crc32:ABCD0000', 'crc32:00', 'md5:00000000', 5],
};

const each = (table: Readonly<Record<string, readonly unknown[]>>) =>
  Object.entries(table).flatMap(([field, values]) =>
    [undefined, ...values].map((value) => [field, value] as const),
  );

describe('a record', () => {
  it('is read back as it was written, with the fields of others', () => {
    const record = { ...recordOf(), note: { 'a.b': 1 }, file: { id: 'file-1', status: 'processed' } };
    expect(parse(record)).toEqual(record);
  });

  it('of a piece is read back with what it was cut from', () => {
    const record = recordOf({ cutFrom: { path: '/data/big.jsonl', checksum: 'crc32:0000abcd' } });
    expect(parse(record)).toEqual(record);
  });

  it.each(each(WRONG))('is refused when its %s is %j', (field, value) => {
    expect(() => parse({ ...recordOf(), [field]: value })).toThrow(
      expect.objectContaining({ code: 'session_corrupt', message: expect.stringContaining(`"${field}"`) }),
    );
  });

  it.each(each(WRONG_SOURCE))('is refused when the %s of its source is %j', (field, value) => {
    const record = { ...recordOf(), source: { ...recordOf().source, [field]: value } };
    expect(() => parse(record)).toThrow(expect.objectContaining({ code: 'session_corrupt' }));
  });

  it.each(each(WRONG_PART))('is refused when the %s of a part is %j', (field, value) => {
    const record = { ...recordOf(), parts: [{ ...part, [field]: value }] };
    expect(() => parse(record)).toThrow(expect.objectContaining({ code: 'session_corrupt' }));
  });

  it.each([
    ['holds a part twice', recordOf({ parts: [part, part] }), 'it holds part 1 twice'],
    [
      'holds a part past the end',
      recordOf({ parts: [{ ...part, index: 9, offset: 90 }] }),
      'part 10 does not fit',
    ],
    ['holds parts of another size', recordOf({ partBytes: 5 }), 'part 1 does not fit the plan'],
    ['is completed without a file', recordOf({ status: 'completed' }), 'names no file'],
  ])('is refused when it %s', (_, record, why) => {
    expect(() => parse(record)).toThrow(why);
  });

  it.each([null, [], 'text', 5, { schemaVersion: 1 }])(
    'is refused when it is %j, naming the place',
    (value) => {
      expect(() => parse(value)).toThrow(
        expect.objectContaining({ code: 'session_corrupt', message: expect.stringContaining(FILE) }),
      );
    },
  );

  it('of a newer version is told apart, whatever else it holds', () => {
    expect(() => parse({ schemaVersion: SCHEMA_VERSION + 1 })).toThrow(
      expect.objectContaining({ code: 'session_newer' }),
    );
  });

  it('with more parts than any upload has is refused before they are planned', () => {
    const record = recordOf({ source: { ...recordOf().source, bytes: 2 ** 40 }, partBytes: 1, parts: [] });
    expect(() => parse(record)).toThrow(expect.objectContaining({ code: 'session_corrupt' }));
  });
});

describe('a record in which one value was changed', () => {
  const leaves = pathsOf(recordOf({ file: { id: 'file-1' } }));
  const small = fc.oneof(fc.integer({ min: -3, max: 30 }), fc.string(), fc.boolean(), fc.constant(null));
  const values = fc.oneof(small, fc.array(small), fc.dictionary(fc.string(), small));

  it('is either refused or taken as it stands, never changed or half believed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...leaves), values, (path, value) => {
        const record = structuredClone(recordOf({ file: { id: 'file-1' } }));
        setAt(record as unknown as Tree, path, value);
        let parsed: unknown;
        try {
          parsed = parse(record);
        } catch (error) {
          expect(['session_corrupt', 'session_newer']).toContain((error as { code?: string }).code);
          return;
        }
        // Set back to an older version it is brought forward again, which is no half belief.
        expect(parsed).toEqual({ ...record, schemaVersion: SCHEMA_VERSION });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a record of an older version', () => {
  it('is kept as a sample for each version there was', () => {
    const versions = Array.from({ length: SCHEMA_VERSION - 1 }, (_, n) => `version-${n + 1}.json`);
    expect(readdirSync(SAMPLES).sort()).toEqual(versions);
  });

  it.each(readdirSync(SAMPLES))('%s keeps working, and is saved in the present form', async (name) => {
    const sample = JSON.parse(readFileSync(join(SAMPLES, name), 'utf8'));
    const directory = await temporaryFolder();
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${sample.uploadId}.json`);
    writeFileSync(file, JSON.stringify(sample));

    const session = await sessionsIn(directory).open(sample.uploadId, noPatience);
    const { slices, ...unchanged } = sample;
    expect(session?.record).toEqual({
      restartedAs: null,
      spool: null,
      minPartBytes: 1_000_000,
      ...unchanged,
      // A piece was only places in its file.
      source: { ...sample.source, bytes: slices?.bytes ?? sample.source.bytes },
      cutFrom: slices ? { path: sample.source.path, checksum: slices.checksum } : null,
      schemaVersion: SCHEMA_VERSION,
    });
    await session?.update({ status: 'completing' });
    await session?.release();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      schemaVersion: SCHEMA_VERSION,
      status: 'completing',
      parts: sample.parts,
    });
  });
});

type Tree = { [key: string]: Tree };

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))].filter(
    ({ length }) => length > 0,
  );
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const parent = path.slice(0, -1).reduce((node, key) => node[key]!, tree);
  (parent as Record<string, unknown>)[path.at(-1)!] = value;
}
