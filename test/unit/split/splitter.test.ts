import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlaces } from '../../../src/plan/slice-cursor.js';
import type { CutPiece, SplitBounds } from '../../../src/split/splitter.ts';
import { createSplitter } from '../../../src/split/splitter.ts';

interface Line {
  readonly text: string;
  readonly model: string | null;
}

function cut(lines: readonly Line[], bounds: SplitBounds, mostPlacesBytes?: number): readonly CutPiece[] {
  const pieces: CutPiece[] = [];
  const onPiece = (piece: CutPiece) => void pieces.push(piece);
  const splitter = createSplitter({
    bounds,
    filename: 'big.jsonl',
    onPiece,
    ...(mostPlacesBytes !== undefined && { mostPlacesBytes }),
  });
  let start = 0;
  for (const [index, { text, model }] of lines.entries()) {
    const end = start + text.length;
    splitter.add({ line: index + 1, start, end, crc: crc32(text), url: '/v1/responses', model });
    start = end;
  }
  splitter.end();
  return pieces;
}

function contentOf(lines: readonly Line[], { places }: CutPiece): string {
  const whole = lines.map(({ text }) => text).join('');
  const slices = readPlaces(places);
  let content = '';
  for (let slice = slices.next(); slice !== undefined; slice = slices.next())
    content += whole.slice(slice.offset, slice.offset + slice.length);
  return content;
}

const models = fc.constantFrom('a', 'b', 'c', null, 'null');
const someLines = fc.array(
  fc.record({
    text: fc.integer({ min: 1, max: 40 }).map((length) => `${'x'.repeat(length)}\n`),
    model: models,
  }),
  { minLength: 1, maxLength: 120 },
);
const someBounds = fc.record({
  lines: fc.integer({ min: 1, max: 30 }),
  bytes: fc.integer({ min: 41, max: 600 }),
});

describe('cutting lines into pieces', () => {
  it('puts each line into one piece of its model, in order, within the bounds', () => {
    fc.assert(
      fc.property(someLines, someBounds, fc.constantFrom(undefined, 3000), (texts, bounds, most) => {
        const lines = texts.map(({ text, model }, index) => ({ text: `${index} ${text}`.slice(-41), model }));
        const pieces = cut(lines, bounds, most);

        expect(pieces.map(({ number }) => number)).toEqual(pieces.map((_, index) => index + 1));
        const dealt = pieces.flatMap((piece) => {
          const own = contentOf(lines, piece).split('\n').slice(0, -1);
          expect(own).toHaveLength(piece.lines);
          expect(piece.lines).toBeLessThanOrEqual(bounds.lines);
          expect(piece.bytes).toBeLessThanOrEqual(bounds.bytes);
          expect(piece.bytes).toBe(contentOf(lines, piece).length);
          return own.map((text) => ({ text: `${text}\n`, model: piece.model }));
        });
        const byModel = (all: readonly Line[], model: string | null) =>
          all.filter((line) => line.model === model);
        for (const model of ['a', 'b', 'c', null, 'null'])
          expect(byModel(dealt, model)).toEqual(byModel(lines, model));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the checksum of all bytes of a piece, and the lines that it begins and ends with', () => {
    const lines = Array.from({ length: 9 }, (_, n) => ({
      text: `line ${n} ${'y'.repeat(n)}\n`,
      model: n % 2 ? 'a' : 'b',
    }));
    for (const piece of cut(lines, { lines: 3, bytes: 1000 })) {
      const content = contentOf(lines, piece);
      expect(piece.checksum).toBe(`crc32:${crc32(content).toString(16).padStart(8, '0')}`);
      expect(content.startsWith(lines[piece.firstLine - 1]?.text ?? '-')).toBe(true);
      expect(content.endsWith(lines[piece.lastLine - 1]?.text ?? '-')).toBe(true);
    }
  });

  it('numbers pieces as they become full, and those that never do by their first line', () => {
    const order = ['rare', 'a', 'a', 'b', 'a', 'a', 'b', 'a'];
    const pieces = cut(
      order.map((model) => ({ text: 'x\n', model })),
      { lines: 2, bytes: 100 },
    );
    expect(pieces.map(({ filename, model, firstLine }) => [filename, model, firstLine])).toEqual([
      ['big.00001.jsonl', 'a', 2],
      ['big.00002.jsonl', 'a', 5],
      ['big.00003.jsonl', 'rare', 1],
      ['big.00004.jsonl', 'b', 4],
      ['big.00005.jsonl', 'a', 8],
    ]);
  });

  it('closes the piece with the most slices when there are more models than there is room for', () => {
    const lines = Array.from({ length: 4000 }, (_, n) => ({
      text: 'x\n',
      model: n % 2 ? 'often' : `m${n % 40}`,
    }));
    const pieces = cut(lines, { lines: 50_000, bytes: 1_000_000 }, 25_000);
    const first = pieces[0];
    expect(first?.model).toBe('often');
    expect(first?.lines).toBeGreaterThan(50);
    expect(pieces.reduce((sum, piece) => sum + piece.lines, 0)).toBe(4000);
  });

  it('says of one slice what many lines in a row are', () => {
    const [piece] = cut(
      Array.from({ length: 50 }, () => ({ text: 'abc\n', model: 'a' })),
      { lines: 100, bytes: 1000 },
    );
    const slices = readPlaces(piece?.places ?? '');
    expect(slices.next()).toEqual({ offset: 0, length: 200 });
    expect(slices.next()).toBeUndefined();
  });
});
