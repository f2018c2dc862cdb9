import { expect } from 'vitest';
import { acts, addFaults, held, release, stderrHas } from '../acts.ts';
import { atOnce, continued, onPart, push, refusal, stopFault, stopped, trouble } from '../commands.ts';
import type { Row } from '../row.ts';

/** The third of five parts is answered in that way, once. */
const third = (effect: Parameters<typeof onPart>[0]) => [onPart(effect, { nth: 3 })];

const cured: Row['steps'] = [
  { args: push(), expect: { exit: 0, parts: 6, create: 1, complete: 1, lists: 0, record: 'completed' } },
];

const html502 = '<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';

const againAtOnce: readonly Row[] = [
  ...[408, 409, 429, 500, 503, 504, 520].map(
    (status): Row => ({
      fault: `A part is answered ${status}: it is sent again`,
      faults: third(trouble(status)),
      steps: cured,
    }),
  ),
  {
    fault: 'A part is answered 502 in HTML by a proxy: it is sent again',
    faults: third({
      kind: 'status',
      status: 502,
      headers: { ...atOnce, 'content-type': 'text/html' },
      body: html502,
    }),
    steps: cured,
  },
  {
    fault: 'A part is answered 500 after it was taken: the second copy is the one that is listed',
    faults: third({ kind: 'status', status: 500, headers: atOnce, when: 'after-work' }),
    steps: cured,
  },
  {
    fault: 'A part is answered 503 before its body is read: it is sent again',
    faults: third({ kind: 'status', status: 503, headers: atOnce, when: 'before-body' }),
    steps: cured,
  },
  {
    fault: 'A part is answered 400, but x-should-retry says true: it is sent again',
    faults: third({ kind: 'status', status: 400, headers: { ...atOnce, 'x-should-retry': 'true' } }),
    steps: cured,
  },
  {
    fault: 'A part is answered 500, but x-should-retry says false: nothing is sent again',
    faults: third({ kind: 'status', status: 500, headers: { 'x-should-retry': 'false' } }),
    steps: [
      { args: push(), expect: { exit: 5, parts: 3, code: 'server_error', record: 'pending' } },
      continued,
    ],
  },
];

const waits: readonly Row[] = [
  {
    fault: 'A part is answered 429 with Retry-After in seconds: that long nothing is sent',
    faults: third({ kind: 'status', status: 429, headers: { 'retry-after': '1' } }),
    steps: [{ args: push(), expect: { exit: 0, parts: 6, tookAtLeastMs: 1000 } }],
  },
  {
    fault: 'A part is answered 429 with Retry-After as a date: nothing is sent before',
    steps: [
      {
        args: push(),
        during: addFaults(() => {
          const inTwoSeconds = new Date(Date.now() + 2000).toUTCString();
          return third({ kind: 'status', status: 429, headers: { 'retry-after': inTwoSeconds } });
        }),
        expect: { exit: 0, parts: 6, tookAtLeastMs: 700 },
      },
    ],
  },
  {
    fault: 'A part is answered 503 with a Retry-After that is past: it is sent again at once',
    faults: third({
      kind: 'status',
      status: 503,
      headers: { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    }),
    steps: cured,
  },
  {
    fault: 'A part is answered 503 with a Retry-After that is nonsense: it is sent again all the same',
    faults: third({ kind: 'status', status: 503, headers: { 'retry-after': 'soon' } }),
    steps: cured,
  },
  {
    fault: 'A part is answered 503 with a negative Retry-After: it is sent again all the same',
    faults: third({ kind: 'status', status: 503, headers: { 'retry-after': '-5' } }),
    steps: cured,
  },
  {
    fault: 'A part is answered 429: no other part is started until the wait is over',
    faults: [
      onPart({ kind: 'hold', label: 'first' }, { nth: 1 }),
      onPart({ kind: 'status', status: 429, headers: { 'retry-after': '2' } }, { nth: 2 }),
    ],
    steps: [
      {
        args: push('--concurrency', '2'),
        // The other place becomes free only once the client has read the 429.
        during: acts(held('first'), stderrHas('trying again in'), release('first')),
        expect: {
          exit: 0,
          parts: 6,
          also({ server }) {
            const [, refused, ...later] = server.requests('part');
            // The wait begins after the refused request, so a busy machine only makes it longer.
            const waitedMs = later.map(({ startedAtMs }) => startedAtMs - (refused?.startedAtMs ?? 0));
            expect(Math.min(...waitedMs), `each waited ${waitedMs} ms`).toBeGreaterThan(1900);
          },
        },
      },
    ],
  },
  {
    fault: 'The server asks for a longer wait than the upload lives: the run ends at once',
    faults: third({ kind: 'status', status: 503, headers: { 'retry-after': '7200' } }),
    steps: [
      {
        args: push(),
        expect: {
          exit: 5,
          parts: 3,
          code: 'server_error',
          record: 'pending',
          says: 'openai-upload resume',
        },
      },
      continued,
    ],
  },
  {
    fault:
      'The server asks for a wait of a minute in an upload that lives for ten seconds: the run ends at once',
    server: { uploadLifetimeSeconds: 10 },
    faults: third({ kind: 'status', status: 429, headers: { 'retry-after': '60' } }),
    steps: [
      {
        args: push(),
        expect: { exit: 5, parts: 3, code: 'rate_limited', says: /wait 60 s/ },
      },
    ],
  },
];

const given: readonly Row[] = [
  {
    fault: 'A part fails more often than --retries: exit 5, and resume sends only what is missing',
    faults: [onPart(trouble(500), { nth: 3, times: 3 })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 5,
          parts: 5,
          code: 'server_error',
          record: 'pending',
          says: /gave up after 3 attempts[\s\S]*openai-upload resume/,
        },
      },
      continued,
    ],
  },
  {
    fault: 'A part fails with --retries 0: it is not tried again',
    faults: [stopFault],
    steps: [stopped, continued],
  },
  {
    fault: 'A part fails, and pushing again continues the same upload',
    faults: [stopFault],
    steps: [stopped, { args: push(), expect: { exit: 0, parts: 3, create: 0, complete: 1 } }],
  },
  {
    fault: 'Every part fails: a dead server gets a bounded number of requests',
    faults: [onPart(trouble(500), { nth: 'every' })],
    steps: [
      {
        args: push('--concurrency', '4', '--part-size', '10000'),
        expect: {
          exit: 5,
          parts: { atMost: 12 },
          complete: 0,
          record: 'pending',
          says: 'openai-upload resume',
        },
      },
    ],
  },
];

const refusals: readonly Row[] = [
  ...[400, 413, 422].map(
    (status): Row => ({
      fault: `A part is refused with ${status}: exit 6, nothing is sent again, and what was acknowledged is kept`,
      faults: third(refusal(status, { message: 'The part is not to our liking.' })),
      steps: [
        {
          args: push(),
          expect: {
            exit: 6,
            parts: 3,
            complete: 0,
            code: 'request_refused',
            record: 'pending',
            says: `not to our liking. (HTTP ${status}, request req_`,
          },
        },
        continued,
      ],
    }),
  ),
  ...[404, 410].map(
    (status): Row => ({
      fault: `A part is answered ${status}, there is no such upload: exit 8, but it may only be hidden from this key, so resume asks again`,
      faults: third(refusal(status, { message: 'There is no such upload.' })),
      steps: [
        {
          args: push(),
          expect: {
            exit: 8,
            parts: 3,
            code: 'upload_expired',
            record: 'pending',
            says: 'Check the key, or push the file again',
          },
        },
        continued,
      ],
    }),
  ),
  {
    fault: 'An unfinished upload is pushed again, and the server does not know it: a new one is begun',
    faults: third(refusal(404, { message: 'No such upload.' })).concat(
      onPart(refusal(404, { message: 'No such upload.' }), { nth: 4 }),
    ),
    steps: [
      { args: push(), expect: { exit: 8, parts: 3, record: 'pending' } },
      { args: push(), expect: { exit: 0, parts: 6, create: 1, complete: 1, says: 'starting a new upload' } },
    ],
  },
  {
    fault: 'A part is answered 404 in HTML by something in between: the upload is not given up for that',
    faults: third({
      kind: 'status',
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: '<h1>Not Found</h1>',
    }),
    steps: [{ args: push(), expect: { exit: 6, parts: 3, record: 'pending' } }, continued],
  },
  ...[301, 307].map(
    (status): Row => ({
      fault: `A part is redirected with ${status}: exit 6, and the key goes nowhere else`,
      faults: third({ kind: 'status', status, headers: { location: '/v1/elsewhere' } }),
      steps: [
        {
          args: push(),
          expect: {
            exit: 6,
            parts: 3,
            code: 'request_refused',
            record: 'pending',
            says: 'Redirects are not followed',
            also({ server }) {
              if (server.requests().length !== 4) throw new Error('there was a request to somewhere else');
            },
          },
        },
      ],
    }),
  ),
];

const nonsense: readonly Row[] = [
  ['the first half of the JSON', {}],
  ['fewer bytes than it promised', { truncate: true }],
  ['a page of HTML', { body: html502, contentType: 'text/html' }],
  ['no body', { body: '' }],
  ['two MiB of good JSON', { body: `${' '.repeat(2 << 20)}{"id":"part_large"}` }],
].map(([what, shape]): Row => {
  const effect = { kind: 'garble', ...(shape as object) } as const;
  return {
    fault: `A part is answered 200 with ${what}: it is sent again`,
    faults: third(effect),
    steps: cured,
  };
});

const alwaysNonsense: Row = {
  fault: 'Every answer to a part is nonsense: exit 5 and not a bug',
  faults: [onPart({ kind: 'garble', body: '<!doctype html>' }, { nth: 'every' })],
  steps: [
    {
      args: push(),
      expect: {
        exit: 5,
        parts: 3,
        code: 'server_error',
        record: 'pending',
        says: /not JSON[\s\S]*openai-upload resume/,
      },
    },
  ],
};

const escaped: Row = {
  fault: 'The server writes control characters into its message: they are shown escaped',
  faults: third(refusal(400, { message: 'red \u001b[31m and a new\nline and a \u0007 bell' })),
  steps: [
    {
      args: push(),
      expect: { exit: 6, parts: 3, says: 'red \\x1b[31m and a new\\x0aline and a \\x07 bell' },
    },
  ],
};

export const partAnswers: readonly Row[] = [
  ...againAtOnce,
  ...waits,
  ...given,
  ...refusals,
  ...nonsense,
  alwaysNonsense,
  escaped,
];
