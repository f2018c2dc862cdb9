import { describe, expect, it } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createJsonView, createPlainView } from '../../../src/ui/line-views.ts';
import { progressOf, resultOf, startedOf } from '../../helpers/events.ts';

function output() {
  const written: string[] = [];
  const time = { now: 0 };
  const to = { write: (text: string) => void written.push(text), columns: () => 80, now: () => time.now };
  return { written, time, to };
}

describe('the view for logs', () => {
  it('writes a line at the start, at most one every interval, and one at the end', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.onEvent(startedOf());
    for (time.now = 1000; time.now <= 25_000; time.now += 1000)
      view.onEvent(progressOf({ acknowledgedBytes: time.now * 1000 }));
    view.onEvent({ type: 'completed', result: resultOf() });
    view.stop();
    expect(written.map((line) => /: (\d+ %|\S+)/.exec(line)?.[1])).toEqual([
      '100.0',
      '10 %',
      '20 %',
      'file-1,',
    ]);
    expect(written.every((line) => line.endsWith('\n'))).toBe(true);
  });

  it('says at once that it reads standard input, and every interval how much it has', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    for (time.now = 0; time.now <= 25_000; time.now += 1000)
      view.onEvent({ type: 'spooling', filename: 'a\n', bytes: time.now * 1_000_000 });
    expect(written).toEqual([
      'a\\x0a: reading standard input\n',
      'a\\x0a: reading standard input, 10.0 GB so far\n',
      'a\\x0a: reading standard input, 20.0 GB so far\n',
    ]);
  });

  it('tells what it waits for', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.onEvent({ type: 'phase', phase: 'verifying' });
    view.onEvent(startedOf());
    time.now = 5000;
    view.onEvent(progressOf({ acknowledgedBytes: 100_000_000, inFlightBytes: 0, acknowledgedParts: 10 }));
    time.now = 30_000;
    view.onEvent({ type: 'phase', phase: 'hashing' });
    expect(written[0]).toBe('checking that the parts already sent have not changed\n');
    expect(written.slice(2)).toEqual([
      'a.jsonl: 99 %, 100.0 MB of 100.0 MB, 10 of 10 parts, waiting for the MD5\n',
    ]);
  });

  it('has one line for all of several files, every interval', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.expect(['a.jsonl', 'b.jsonl', 'c.jsonl'].map((name) => ({ name, bytes: 100_000_000 })));
    for (const index of [0, 1]) view.onEvent(startedOf({ filename: index ? 'b.jsonl' : 'a.jsonl' }), index);
    for (time.now = 1000; time.now <= 25_000; time.now += 1000) {
      const changes = { acknowledgedBytes: time.now * 2000, inFlightBytes: 0, retries: 1 };
      for (const index of [0, 1]) view.onEvent(progressOf(changes), index);
      // What comes after the failure is of parts that were still on their way.
      if (time.now === 12_000) view.ended(1, 'failed');
    }
    view.line('part 3: trying again', 1);
    view.onEvent({ type: 'completed', result: resultOf({ retries: 1 }) }, 0);
    expect(written.join('')).toMatchInlineSnapshot(`
      "3 files, 300.0 MB
      0 of 3 files done, 3 left, 12 %, 38.0 MB of 300.0 MB, 3.8 MB/s, 1 min 9 s left, 2 retries
      0 of 3 files done, 1 failed, 2 left, 28 %, 64.0 MB of 224.0 MB, 3.2 MB/s, 50 s left, 2 retries
      b.jsonl: part 3: trying again
      "
    `);
  });

  it('says nothing of each of many files, and takes the time that is left from files as well', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.expect([
      ...Array.from({ length: 1999 }, (_, index) => ({ name: `${index}`, bytes: 1000 })),
      { name: 'large', bytes: 1_000_000 },
    ]);
    const small = resultOf({ bytes: 1000, bytesSent: 1000 });
    view.onEvent(progressOf({ totalBytes: 1_000_000, acknowledgedBytes: 0, inFlightBytes: 0 }), 1999);
    // What an earlier run has done counts, and says nothing about the speed.
    for (let index = 0; index < 1000; index += 1)
      view.onEvent({ type: 'completed', result: { ...small, bytesSent: 0 } }, index);
    const large = { totalBytes: 1_000_000, inFlightBytes: 0 };
    for (let index = 1000; index < 1200; index += 1) {
      time.now += 100;
      view.onEvent({ type: 'completed', result: small }, index);
      view.onEvent(progressOf({ ...large, acknowledgedBytes: (index - 1000) * 5000 }), 1999);
    }
    expect(written.join('')).toMatchInlineSnapshot(`
      "2,000 files, 3.0 MB
      1,100 of 2,000 files done, 900 left, 53 %, 1.6 MB of 3.0 MB, 59.0 kB/s, 1 min 30 s left
      1,200 of 2,000 files done, 800 left, 73 %, 2.2 MB of 3.0 MB, 59.5 kB/s, 1 min 20 s left
      "
    `);
  });

  it('promises no end while it does not know how much there is', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.expect(['upload_1', 'upload_2'].map((name) => ({ name, bytes: undefined })));
    view.onEvent(startedOf({ partsResumed: 3, bytesResumed: 30_000_000 }), 0);
    for (time.now = 1000; time.now <= 10_000; time.now += 1000)
      view.onEvent(progressOf({ resumedBytes: 30_000_000, inFlightBytes: time.now * 1000 }), 0);
    expect(written.join('')).toMatchInlineSnapshot(`
      "0 of 2 files done, 2 left, 40.0 MB, 1.0 MB/s
      "
    `);
  });
});

describe('the view for programs', () => {
  it('tells the progress of each upload ten times a second at most', () => {
    const { written, time, to } = output();
    const view = createJsonView(to);
    view.expect([]);
    for (time.now = 0; time.now < 200; time.now += 50)
      for (const index of [0, 1]) view.onEvent(progressOf(), index);
    view.ended(1, 'failed');
    const told = written.map((line) => JSON.parse(line));
    expect(told.filter(({ type }) => type === 'progress').map(({ index }) => index)).toEqual([0, 1, 0, 1]);
    expect(told.at(-1)).toEqual({ index: 1, type: 'failed' });
  });

  it('writes every event as a line of JSON', () => {
    const { written, to } = output();
    const view = createJsonView(to);
    const error = new UploadError('network', { message: 'cut' }, { httpStatus: 502, requestId: 'req_1' });
    const events: UploadEvent[] = [
      startedOf(),
      { type: 'phase', phase: 'sending' },
      { type: 'retry', what: 'part 1', attempt: 1, delayMs: 5, error },
      { type: 'completed', result: resultOf() },
    ];
    for (const event of events) view.onEvent(event);
    view.line('a\nb');
    view.stop();
    expect(written.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { type: 'started', upload_id: 'upload_1', bytes_resumed: 0 },
      events[1],
      {
        type: 'retry',
        what: 'part 1',
        attempt: 1,
        delay_ms: 5,
        error: { code: 'network', message: 'cut', http_status: 502, request_id: 'req_1' },
      },
      { type: 'completed', result: { file_id: 'file-1', upload_id: 'upload_1', file: { id: 'file-1' } } },
      { type: 'line', text: 'a\nb' },
    ]);
  });
});
