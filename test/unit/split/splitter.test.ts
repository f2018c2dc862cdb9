import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CutPiece,
  createSplitter,
  describePiece,
  type OpenPiece,
  type SplitBounds,
} from '../../../src/split/splitter.ts';

interface Line {
  readonly text: string;
  readonly model: string | null;
}

interface Cut extends CutPiece {
  readonly content: string;
}

/** Follows the steps each time as many lines have been added as are read at once. */
function cut(
  lines: readonly Line[],
  bounds: SplitBounds,
  { maxOpen = 256, atOnce = 7 } = {},
): readonly Cut[] {
  const whole = lines.map(({ text }) => text).join('');
  const splitter = createSplitter(bounds, maxOpen);
  const contents = new Map<OpenPiece, string>();
  const pieces: Cut[] = [];
  let start = 0;

  const follow = () => {
    for (const step of splitter.takeSteps()) {
      const { piece } = step;
      const content = contents.get(piece) ?? '';
      if (step.type === 'close') pieces.push({ ...describePiece(piece, step.number, 'big.jsonl'), content });
      else {
        const added = whole.slice(step.start, step.end);
        piece.crc = crc32(added, piece.crc);
        piece.sha256.update(added);
        contents.set(piece, content + added);
      }
    }
  };

  for (const [index, { text, model }] of lines.entries()) {
    splitter.add({
      line: index + 1,
      start,
      end: start + text.length,
      url: '/v1/responses',
      model,
      inputs: 0,
    });
    start += text.length;
    if (index % atOnce === 0) follow();
  }
  splitter.end();
  follow();
  return pieces;
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
      fc.property(someLines, someBounds, fc.constantFrom(2, 256), (texts, bounds, maxOpen) => {
        const lines = texts.map(({ text, model }, index) => ({ text: `${index} ${text}`.slice(-41), model }));
        const pieces = cut(lines, bounds, { maxOpen });

        expect(pieces.map(({ number }) => number)).toEqual(pieces.map((_, index) => index + 1));
        const dealt = pieces.flatMap((piece) => {
          const own = piece.content.split('\n').slice(0, -1);
          expect(own).toHaveLength(piece.lines);
          expect(piece.lines).toBeLessThanOrEqual(bounds.lines);
          expect(piece.bytes).toBeLessThanOrEqual(bounds.bytes);
          expect(piece.bytes).toBe(piece.content.length);
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

  it('makes the same pieces however much is read at once', () => {
    fc.assert(
      fc.property(someLines, someBounds, fc.integer({ min: 1, max: 50 }), (lines, bounds, atOnce) => {
        expect(cut(lines, bounds, { atOnce })).toEqual(cut(lines, bounds));
      }),
    );
  });

  it('gives the checksum of all bytes of a piece, and the lines that it begins and ends with', () => {
    const lines = Array.from({ length: 9 }, (_, n) => ({
      text: `line ${n} ${'y'.repeat(n)}\n`,
      model: n % 2 ? 'a' : 'b',
    }));
    for (const { content, ...piece } of cut(lines, { lines: 3, bytes: 1000 })) {
      expect(piece.checksum).toBe(`crc32:${crc32(content).toString(16).padStart(8, '0')}`);
      expect(piece.sha256).toBe(createHash('sha256').update(content).digest('hex'));
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

  it('closes the largest piece when there are more models than may be open', () => {
    const lines = Array.from({ length: 400 }, (_, n) => ({
      text: 'x\n',
      model: n % 2 ? 'often' : `m${Math.floor(n / 40)}`,
    }));
    const pieces = cut(lines, { lines: 50_000, bytes: 1_000_000 }, { maxOpen: 5 });
    const first = pieces[0];
    expect(first?.model).toBe('often');
    expect(first?.lines).toBe(80);
    expect(pieces.reduce((sum, piece) => sum + piece.lines, 0)).toBe(400);
  });

  it('adds lines in a row in one step', () => {
    const splitter = createSplitter({ lines: 100, bytes: 1000 });
    for (let line = 1; line <= 50; line += 1)
      splitter.add({ line, start: 4 * line, end: 4 * line + 4, url: null, model: 'a', inputs: 0 });
    expect(splitter.takeSteps()).toMatchObject([{ type: 'add', start: 4, end: 204 }]);
    expect(splitter.takeSteps()).toEqual([]);
  });

  it('puts at most 50,000 embedding inputs into a piece', () => {
    const splitter = createSplitter({ lines: 50_000, bytes: 200_000_000 });
    for (let line = 1; line <= 60; line += 1)
      splitter.add({ line, start: line, end: line + 1, url: '/v1/embeddings', model: 'a', inputs: 2048 });
    splitter.end();
    const closed = splitter.takeSteps().filter(({ type }) => type === 'close');
    expect(closed.map(({ piece }) => piece.lines)).toEqual([24, 24, 12]);
  });
});
