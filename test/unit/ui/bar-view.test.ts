import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barLine, createBarView } from '../../../src/ui/bar-view.ts';
import { progressOf, resultOf, startedOf } from '../../helpers/events.ts';

const speed = { bytesPerSecond: 2_000_000, restMs: 30_000 };
const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 100 }),
  fc.constantFrom('a.jsonl', 'x'.repeat(300), '\u001b[2J'),
);
const progresses = fc.record({
  acknowledgedBytes: fc.nat(60_000_000),
  inFlightBytes: fc.nat(40_000_000),
  retries: fc.nat(20),
});

/** Columns that a terminal takes for a text: two for each ideograph. */
const columnsOf = (text: string) =>
  Array.from(text).reduce((sum, c) => sum + (/\p{Script=Han}/u.test(c) ? 2 : 1), 0);

describe('the bar', () => {
  it('shows what is acknowledged, what is on its way, and the words', () => {
    const line = barLine({ filename: 'a.jsonl', phase: '', progress: progressOf(), speed }, 200);
    expect(line).toBe(
      `a.jsonl ${'█'.repeat(8)}▒${'░'.repeat(11)} 40 %, 2.0 MB/s, 30 s left, 4/10 parts, 40.0 MB of 100.0 MB`,
    );
  });

  it('names the phase in place of the speed, and the retries', () => {
    const progress = progressOf({ acknowledgedBytes: 100_000_000, inFlightBytes: 0, retries: 3 });
    const line = barLine({ filename: 'a', phase: 'completing', progress, speed }, 200);
    expect(line).toContain('█'.repeat(20));
    expect(line).toContain('99 %, completing, ');
    expect(line).toMatch(/, 3 retries$/);
    expect(line).not.toContain('MB/s');
  });

  it('says "1 retry"', () => {
    const line = barLine({ filename: 'a', phase: '', progress: progressOf({ retries: 1 }), speed }, 200);
    expect(line).toMatch(/, 1 retry$/);
  });

  it('leaves out the name first when there is too little room', () => {
    const line = barLine({ filename: 'a'.repeat(50), phase: '', progress: progressOf(), speed }, 80);
    expect(line).toMatch(/^█{8}▒░{11} 40 %/);
  });

  it('is never as wide as the terminal, whatever is in it, so that it never wraps', () => {
    fc.assert(
      fc.property(names, progresses, fc.integer({ min: 1, max: 250 }), (filename, changes, columns) => {
        const progress = progressOf(changes);
        expect(barLine({ filename, phase: '', progress, speed }, columns).length).toBeLessThan(columns);
        expect(barLine({ filename, phase: 'checking the file' }, columns).length).toBeLessThan(columns);
      }),
    );
  });

  it('is twenty columns long, however far it is', () => {
    fc.assert(
      fc.property(progresses, (changes) => {
        const line = barLine({ filename: 'a', phase: '', progress: progressOf(changes), speed }, 250);
        expect(line).toMatch(/^a █*▒*░* \d/);
        expect(line.match(/[█▒░]/g)).toHaveLength(20);
      }),
    );
  });

  it('does not wrap with a name in wide characters either', () => {
    expect(columnsOf(barLine({ filename: '数据'.repeat(30), phase: '' }, 80))).toBeLessThan(80);
  });
});

describe('the view with a bar', () => {
  it('writes whole lines above the bar, and leaves the cursor on a line of its own', () => {
    const written: string[] = [];
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    stream.setEncoding('utf8').on('data', (text: string) => void written.push(text));
    const write = (text: string) => void stream.write(text);
    const view = createBarView(
      { write, columns: () => 80, now: () => 0 },
      stream as unknown as NodeJS.WriteStream,
    );
    view.onEvent(startedOf());
    view.onEvent(progressOf());
    view.line('a note');
    view.onEvent({ type: 'completed', result: resultOf() });
    view.stop();
    const text = written.join('');
    expect(text).toMatch(/^a\.jsonl: 100\.0 MB in 10 parts/);
    // The bar is taken off first, and drawn anew below.
    expect(text).toMatch(/\u001b\[2Ka note\n.*40 %/s);
    expect(text).toMatch(/a\.jsonl: file-1, .*\n$/);
    expect(text).not.toContain('\u001b[?25l');
  });
});
