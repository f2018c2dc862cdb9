import { describe, expect, it } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import type { UploadEvent } from '../../../src/model/events.ts';
import { createJsonView } from '../../../src/ui/json-view.ts';
import { createPlainView } from '../../../src/ui/plain-view.ts';
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

  it('begins anew with the next file', () => {
    const { written, time, to } = output();
    const view = createPlainView(to, 10_000);
    view.onEvent(startedOf({ filename: 'first' }));
    time.now = 9000;
    view.onEvent(startedOf({ filename: 'second' }));
    time.now = 12_000;
    view.onEvent(progressOf());
    time.now = 19_000;
    view.onEvent(progressOf());
    expect(written.map((line) => line.split(':')[0])).toEqual(['first', 'second', 'second']);
  });
});

describe('the view for programs', () => {
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
