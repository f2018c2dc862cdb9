import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { barLine, rowLine, totalsRow } from '../../../src/ui/bar-lines.ts';
import { drawingFor } from '../../../src/ui/drawing.ts';
import { progressOf } from '../../helpers/events.ts';

const speed = { bytesPerSecond: 2_000_000, restMs: 30_000 };
const drawing = drawingFor({ hasUnicode: true });
const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 100 }),
  fc.constantFrom('a.jsonl', 'x'.repeat(300), '\u001b[2J', '数据'.repeat(30)),
);
const progresses = fc.record({
  acknowledgedBytes: fc.nat(60_000_000),
  inFlightBytes: fc.nat(40_000_000),
  retries: fc.nat(20),
});

function lineOf(shown: Partial<Parameters<typeof barLine>[0]>, columns: number): string {
  return barLine({ name: 'a.jsonl', phase: '', progress: progressOf(), ...shown }, speed, {
    columns,
    drawing,
  });
}

describe('the line of one upload', () => {
  it('shows what is acknowledged, what is on its way, and the words', () => {
    expect(lineOf({}, 200)).toBe(
      `a.jsonl ${'█'.repeat(8)}▒${'░'.repeat(11)} 40 %, 2.0 MB/s, 30 s left, 4/10 parts, 40.0 MB of 100.0 MB, 5.0 MB on the way`,
    );
  });

  it('names the phase in place of the speed, and the retries', () => {
    const progress = progressOf({ acknowledgedBytes: 100_000_000, inFlightBytes: 0, retries: 3 });
    const line = lineOf({ phase: 'completing', progress }, 200);
    expect(line).toContain('█'.repeat(20));
    expect(line).toContain('99 %, completing, ');
    expect(line).toMatch(/, 3 retries$/);
    expect(line).not.toContain('MB/s');
  });

  it('says "1 retry"', () => {
    expect(lineOf({ progress: progressOf({ retries: 1 }) }, 200)).toContain(', 1 retry,');
  });

  it('leaves out the name first when there is too little room, then whole words', () => {
    expect(lineOf({ name: 'a'.repeat(50) }, 80)).toBe(
      '████████▒░░░░░░░░░░░ 40 %, 2.0 MB/s, 30 s left, 4/10 parts, 40.0 MB of 100.0 MB',
    );
    expect(lineOf({ name: 'a'.repeat(50) }, 60)).toBe(
      '████████▒░░░░░░░░░░░ 40 %, 2.0 MB/s, 30 s left, 4/10 parts',
    );
    expect(lineOf({ name: 'a'.repeat(50) }, 40)).toBe('████▒░░░░░ 40 %, 2.0 MB/s, 30 s left');
    expect(lineOf({ name: 'a'.repeat(50) }, 20)).toBe('40 %, 2.0 MB/s');
  });

  it('draws with the letters that every terminal has', () => {
    const ascii = { columns: 80, drawing: drawingFor({ hasUnicode: false }) };
    const line = barLine({ name: 'a', phase: '', progress: progressOf() }, speed, ascii);
    expect(line).toMatch(/^a #{8}=\.{11} 40 %/);
    expect(
      barLine({ name: 'a'.repeat(50), phase: 'checking', progress: undefined }, speed, {
        ...ascii,
        columns: 20,
      }),
    ).toBe('aaaaa~aaaa checking');
  });

  it('is never as wide as the terminal, whatever is in it, so that it never wraps', () => {
    fc.assert(
      fc.property(names, progresses, fc.integer({ min: 1, max: 250 }), (name, changes, columns) => {
        const progress = progressOf(changes);
        expect(stringWidth(lineOf({ name, progress }, columns))).toBeLessThan(columns);
        const unknown = lineOf({ name, progress: undefined, phase: 'checking the file' }, columns);
        expect(stringWidth(unknown)).toBeLessThan(columns);
      }),
    );
  });

  it('has a bar of twenty columns, however far it is', () => {
    fc.assert(
      fc.property(progresses, (changes) => {
        const line = lineOf({ name: 'a', progress: progressOf(changes) }, 250);
        expect(line).toMatch(/^a █*▒*░* \d/);
        expect(line.match(/[█▒░]/g)).toHaveLength(20);
      }),
    );
  });
});

describe('the lines of several uploads', () => {
  const shown = { name: 'a-long-name.jsonl', phase: '', progress: progressOf() };
  const totals = {
    files: 3,
    isOpen: false,
    completed: 1,
    failed: 1,
    filesWorked: 2.4,
    filesLeft: 0.6,
    totalBytes: 100_000_000,
    progress: progressOf(),
  };

  it('keep the name, at any width', () => {
    expect(rowLine(shown, speed, { columns: 80, drawing, nameColumns: 20 })).toBe(
      'a-long-name.jsonl    ████████▒░░░░░░░░░░░ 40 %, 2.0 MB/s, 30 s left, 4/10 parts',
    );
    expect(rowLine(shown, speed, { columns: 40, drawing, nameColumns: 13 })).toBe(
      'a-long….jsonl 40 %, 2.0 MB/s, 30 s left',
    );
  });

  it('sum up all', () => {
    expect(totalsRow(totals, speed, { columns: 100, drawing, nameColumns: 20 })).toBe(
      'all                  ████████▒░░░░░░░░░░░ 40 %, 40.0 MB of 100.0 MB, 2.0 MB/s, 30 s left',
    );
  });

  it('count files where the bytes of some are not known, and promise nothing while more may come', () => {
    const space = { columns: 100, drawing, nameColumns: 3 };
    expect(totalsRow({ ...totals, totalBytes: undefined }, speed, space)).toBe(
      `all ${'█'.repeat(13)}▒${'░'.repeat(6)} 66 %, 40.0 MB, 2.0 MB/s, 30 s left`,
    );
    expect(totalsRow({ ...totals, isOpen: true }, { ...speed, restMs: undefined }, space)).toBe(
      'all                      40.0 MB, 2.0 MB/s',
    );
  });

  it('are never as wide as the terminal', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 3, max: 250 }), (name, columns) => {
        const space = {
          columns,
          drawing,
          nameColumns: Math.max(1, Math.min(columns - 2, Math.floor(columns / 3))),
        };
        expect(stringWidth(rowLine({ ...shown, name }, speed, space))).toBeLessThan(columns);
        expect(stringWidth(totalsRow(totals, speed, space))).toBeLessThan(columns);
      }),
    );
  });
});
