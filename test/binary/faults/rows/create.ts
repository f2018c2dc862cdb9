import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { acts, held, release, signal } from '../acts.ts';
import { onCreate, PORT, push, refusal, trouble } from '../commands.ts';
import type { Act, Row } from '../row.ts';

const created: Row['steps'] = [
  { args: push(), expect: { exit: 0, parts: 5, create: 2, complete: 1, record: 'completed' } },
];

const cured: readonly Row[] = [
  ...[409, 429, 500, 503].map(
    (status): Row => ({
      fault: `Creating is answered ${status}: it is tried again`,
      faults: [onCreate(trouble(status))],
      steps: created,
    }),
  ),
  {
    fault: 'Creating is answered 503 with Retry-After: that long nothing is sent',
    faults: [onCreate({ kind: 'status', status: 503, headers: { 'retry-after': '1' } })],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, create: 2, tookAtLeastMs: 1000 } }],
  },
  {
    fault: 'The connection is cut before creating: it is tried again',
    faults: [onCreate({ kind: 'reset', when: 'start' })],
    steps: created,
  },
  {
    fault: 'The answer to creating is lost: one more upload is created and used',
    faults: [onCreate({ kind: 'reset', when: 'after-work' })],
    steps: [
      { args: push(), expect: { exit: 0, parts: 5, create: 2, complete: 1, open: 1, upload: 'completed' } },
    ],
  },
  {
    fault: 'The answer to creating never comes: it is given up and tried again',
    faults: [onCreate({ kind: 'hang', when: 'answer', work: false })],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, create: 2, says: 'no response for 4 s' } }],
  },
  ...(
    [
      ['half of the JSON', {}],
      ['fewer bytes than it promised', { truncate: true }],
      ['a page of HTML', { body: '<html>Log in to the network</html>', contentType: 'text/html' }],
      ['no body', { body: '' }],
    ] as const
  ).map(
    ([what, shape]): Row => ({
      fault: `Creating is answered 200 with ${what}: it is tried again`,
      faults: [onCreate({ kind: 'garble', ...shape })],
      steps: created,
    }),
  ),
];

const refusals: readonly Row[] = [
  {
    fault: 'The purpose is one the server does not know: exit 6 with its words',
    steps: [
      {
        args: push('--purpose', 'world-peace'),
        expect: {
          exit: 6,
          parts: 0,
          create: 1,
          code: 'request_refused',
          says: /purpose[\s\S]*HTTP 400, request req_/,
        },
      },
    ],
  },
  {
    fault: 'The file is too large for the server: exit 6',
    faults: [onCreate(refusal(413, { message: 'The upload is too large.' }))],
    steps: [
      { args: push(), expect: { exit: 6, parts: 0, create: 1, code: 'request_refused', says: 'too large' } },
    ],
  },
  {
    fault: 'Creating is redirected: exit 6, and the key goes nowhere else',
    faults: [onCreate({ kind: 'status', status: 307, headers: { location: '/v1/elsewhere' } })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 6,
          parts: 0,
          create: 1,
          says: 'Redirects are not followed',
          also: ({ server }) => expect(server.requests()).toHaveLength(1),
        },
      },
    ],
  },
  {
    fault: 'The base URL has a wrong path: exit 6, and the hint speaks of /v1',
    steps: [
      {
        args: push('--base-url', `http://127.0.0.1:${PORT}/wrong`),
        expect: { exit: 6, parts: 0, create: 0, code: 'request_refused', says: /HTTP 404[\s\S]*\/v1/ },
      },
    ],
  },
];

const ends: readonly Row[] = [
  {
    fault: 'Creating fails more often than --retries: exit 5, and nothing is saved',
    faults: [onCreate(trouble(500), { times: 3 })],
    steps: [
      {
        args: push(),
        expect: { exit: 5, parts: 0, create: 3, code: 'server_error', says: 'gave up after 3 attempts' },
      },
      { args: push(), expect: { exit: 0, parts: 5, create: 1 } },
    ],
  },
  {
    fault: 'Creating fails for good: the message says to push again',
    faults: [onCreate(trouble(500), { times: 3 })],
    steps: [{ args: push(), expect: { exit: 5, parts: 0, create: 3, says: /\n +.*(push|again)/i } }],
  },
  {
    fault: 'Creating is answered 500, but x-should-retry says false: it is not tried again',
    faults: [onCreate({ kind: 'status', status: 500, headers: { 'x-should-retry': 'false' } })],
    steps: [{ args: push(), expect: { exit: 5, parts: 0, create: 1, code: 'server_error' } }],
  },
  {
    fault: 'Interrupted while the upload is created: exit 130, and pushing again starts over',
    needs: 'signals',
    faults: [onCreate({ kind: 'hold', label: 'create' })],
    steps: [
      {
        args: push(),
        during: acts(held('create'), signal('SIGINT')),
        expect: { exit: 130, parts: 0, create: 1, code: 'interrupted' },
      },
      release('create'),
      { args: push(), expect: { exit: 0, parts: 5, create: 1 } },
    ],
  },
  {
    fault: 'Killed while the upload is created: pushing again starts over',
    faults: [onCreate({ kind: 'hold', label: 'create' })],
    steps: [
      {
        args: push(),
        during: acts(held('create'), signal('SIGKILL')),
        expect: { exit: 'SIGKILL', parts: 0, create: 1 },
      },
      { args: push(), expect: { exit: 0, parts: 5, create: 1, record: 'completed' } },
    ],
  },
];

const ids: readonly Row[] = [
  {
    fault: 'The upload id would name a file elsewhere: the record stays in its directory',
    faults: [onCreate({ kind: 'garble', body: upload('../../evil') })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 8,
          parts: { atMost: 1 },
          create: 1,
          also: onlyRecordIs('%2e%2e%2f%2e%2e%2fevil.json'),
        },
      },
      { args: ['resume', '../../evil'], expect: { exit: 8, parts: { atMost: 4 } } },
    ],
  },
  {
    fault: 'The upload id is base64: it is saved and sent encoded',
    faults: [onCreate({ kind: 'garble', body: upload('dXBs/b2Fk+A==') })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 8,
          parts: { atMost: 1 },
          create: 1,
          also: onlyRecordIs('dXBs%2fb2Fk%2bA%3d%3d.json'),
        },
      },
    ],
  },
  {
    fault: 'There is no upload id: exit 6 names the field, and no other upload is made',
    faults: [onCreate({ kind: 'garble', body: '{"object":"upload","created_at":1}' })],
    steps: [{ args: push(), expect: { exit: 6, parts: 0, create: 1, says: 'no usable field "id"' } }],
  },
  {
    fault: 'The upload id would steer the terminal: it is not taken, and no other upload is made',
    faults: [onCreate({ kind: 'garble', body: upload('upload_\u001b[2J') })],
    steps: [{ args: push(), expect: { exit: 6, parts: 0, create: 1, says: 'no usable field "id"' } }],
  },
  {
    fault: 'The upload id is longer than a file name may be: it is saved all the same',
    faults: [onCreate({ kind: 'garble', body: upload(`upload_${'x'.repeat(400)}`) })],
    steps: [
      { args: push(), expect: { exit: 8, parts: 1, create: 1, code: 'upload_expired' } },
      { args: ['resume', `upload_${'x'.repeat(400)}`], expect: { exit: 8, parts: { atMost: 4 } } },
    ],
  },
];

function upload(id: string): string {
  const now = Math.floor(Date.now() / 1000);
  return JSON.stringify({
    id,
    object: 'upload',
    created_at: now,
    expires_at: now + 86_400,
    status: 'pending',
  });
}

function onlyRecordIs(name: string): Act {
  return async ({ stateDir }) => {
    const names = await readdir(stateDir);
    expect(names.filter((each) => !['ledger', 'sources'].includes(each))).toEqual([name]);
  };
}

export const create: readonly Row[] = [...cured, ...refusals, ...ends, ...ids];
