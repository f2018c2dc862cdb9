import { expect, it } from 'vitest';
import { parseFaults } from '../../helpers/uploads-server/parse-faults.ts';

const target = { call: 'part', nth: 1 };

it.each([
  {
    kind: 'status',
    status: 503,
    headers: { 'retry-after': '1' },
    body: 'busy',
    when: 'after-work',
    times: 3,
  },
  { kind: 'status', status: 400, body: { error: {} } },
  { kind: 'reset', when: 'start' },
  { kind: 'reset', when: 'after-bytes', bytes: 10 },
  { kind: 'hang', when: 'body' },
  { kind: 'hang', when: 'answer', work: false },
  { kind: 'slow', bytesPerSecond: 0.5 },
  { kind: 'delay', delayMs: 0 },
  { kind: 'garble' },
  { kind: 'hold', label: 'a', nth: 'every' },
])('takes %j', (effect) => {
  const fault = { ...target, ...effect };
  expect(parseFaults(fault)).toEqual([fault]);
  expect(parseFaults([fault, fault])).toEqual([fault, fault]);
});

it.each([
  [{ kind: 'explode' }, /'kind' must be one of status, /],
  [{ kind: 'status' }, /status/],
  [{ kind: 'status', status: 99 }, /'status' must be >= 200/],
  [{ kind: 'status', status: 500, when: 'later' }, /before-body/],
  [{ kind: 'reset', when: 'after-bytes' }, /bytes/],
  [{ kind: 'reset', when: 'start', bytes: 1 }, /bytes/],
  [{ kind: 'slow', bytesPerSecond: 0 }, /bytesPerSecond/],
  [{ kind: 'slow', bytesPerSecond: 1, call: 'getFile' }, /call/],
  [{ kind: 'delay', delayMs: 1, nth: 0 }, /nth/],
  [{ kind: 'delay', delayMs: 1, nth: 'every', times: 2 }, /times/],
  [{ kind: 'delay', delayMs: 1, call: 'delete' }, /call/],
  [{ kind: 'hold', label: 'a', lable: 'b' }, /lable/],
])('refuses %j', (effect, message) => {
  expect(() =>
    parseFaults([
      { ...target, kind: 'garble' },
      { ...target, ...effect },
    ]),
  ).toThrow(message);
  expect(() =>
    parseFaults([
      { ...target, kind: 'garble' },
      { ...target, ...effect },
    ]),
  ).toThrow(/^Fault 2/);
});

it.each([null, 'reset', 7, [null]])('refuses %j', (value) => {
  expect(() => parseFaults(value)).toThrow(/kind/);
});
