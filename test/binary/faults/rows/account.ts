import { atOnce, continued, onComplete, onCreate, onPart, push, refusal, resume } from '../commands.ts';
import type { Row } from '../row.ts';

const QUOTA_CODES = [
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
];

const outOfMoney = (error: { readonly code?: string; readonly type?: string }) =>
  refusal(429, { message: 'You have spent all you may.', ...error }, { 'retry-after': '0' });

const quota: readonly Row[] = [
  ...QUOTA_CODES.map(
    (code): Row => ({
      fault: `A part is answered 429 with the code ${code}: exit 7 at once, and resume continues`,
      faults: [onPart(outOfMoney({ code }), { nth: 3 })],
      steps: [
        {
          args: push(),
          expect: {
            exit: 7,
            parts: 3,
            code: 'quota',
            record: 'pending',
            says: /spent all[\s\S]*billing[\s\S]*openai-upload resume/,
          },
        },
        continued,
      ],
    }),
  ),
  {
    fault: 'A part is answered 429 with the type insufficient_quota: exit 7 at once',
    faults: [onPart(outOfMoney({ type: 'insufficient_quota' }), { nth: 3 })],
    steps: [{ args: push(), expect: { exit: 7, parts: 3, code: 'quota', record: 'pending' } }],
  },
  {
    fault: 'A part is answered 429 with the code rate_limit_exceeded: that is no quota, it is sent again',
    faults: [onPart(refusal(429, { code: 'rate_limit_exceeded', type: 'requests' }), { nth: 3 })],
    steps: [{ args: push(), expect: { exit: 0, parts: 6 } }],
  },
  {
    fault: 'Creating is answered 429 for want of money: exit 7 at once',
    faults: [onCreate(outOfMoney({ code: 'credit_balance_exhausted' }))],
    steps: [{ args: push(), expect: { exit: 7, parts: 0, create: 1, code: 'quota', says: 'billing' } }],
  },
  {
    fault: 'Complete is answered 429 for want of money: exit 7, and resume completes without sending a part',
    faults: [onComplete(outOfMoney({ code: 'credit_balance_exhausted' }))],
    steps: [
      {
        args: push(),
        expect: {
          exit: 7,
          parts: 5,
          complete: 1,
          code: 'quota',
          record: 'pending',
          says: 'openai-upload resume',
        },
      },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 1, record: 'completed' } },
    ],
  },
];

const keys: readonly Row[] = [
  {
    fault: 'The key is wrong: exit 7 after one request, and it is not shown',
    secrets: ['sk-wrong'],
    steps: [
      {
        args: push('--verbose'),
        env: { OPENAI_API_KEY: 'sk-wrong' },
        expect: { exit: 7, parts: 0, create: 1, code: 'authentication', says: 'Check OPENAI_API_KEY' },
      },
    ],
  },
  {
    fault: 'The key is sent in a header that the server does not read: exit 7',
    steps: [
      { args: push('--auth', 'api-key'), expect: { exit: 7, parts: 0, create: 1, code: 'authentication' } },
    ],
  },
  {
    fault: 'The server wants the key in the header api-key: --auth api-key',
    server: { keyHeader: 'api-key' },
    steps: [{ args: push('--auth', 'api-key'), expect: { exit: 0, parts: 5 } }],
  },
  {
    fault: 'The key is revoked half-way: exit 7 after one request, and with a new key resume continues',
    faults: [onPart(refusal(401, { message: 'This key was revoked.', code: 'invalid_api_key' }), { nth: 3 })],
    steps: [
      {
        args: push(),
        expect: {
          exit: 7,
          parts: 3,
          code: 'authentication',
          record: 'pending',
          says: /revoked[\s\S]*openai-upload resume/,
        },
      },
      continued,
    ],
  },
  {
    fault: 'The key may not upload: exit 7 after one request',
    faults: [onCreate(refusal(403, { message: 'You have insufficient permissions.' }))],
    steps: [
      {
        args: push(),
        expect: { exit: 7, parts: 0, create: 1, code: 'authentication', says: 'insufficient permissions' },
      },
    ],
  },
  {
    fault: 'A part is answered 403: exit 7 after one request, and resume continues',
    faults: [onPart(refusal(403, { message: 'Not from this country.' }), { nth: 3 })],
    steps: [
      { args: push(), expect: { exit: 7, parts: 3, code: 'authentication', record: 'pending' } },
      continued,
    ],
  },
  {
    fault: 'Complete is answered 401: exit 7, and resume completes without sending a part',
    faults: [onComplete(refusal(401, { message: 'This key was revoked.' }))],
    steps: [
      { args: push(), expect: { exit: 7, parts: 5, complete: 1, record: 'pending' } },
      { args: resume(), expect: { exit: 0, parts: 0, complete: 1, record: 'completed' } },
    ],
  },
  {
    fault: 'Every request is logged with --verbose, and one fails: the key is not in it',
    faults: [onPart({ kind: 'status', status: 500, headers: atOnce }, { nth: 3 })],
    steps: [
      {
        args: push('--verbose'),
        expect: { exit: 0, parts: 6, says: /POST \/v1\/uploads\/upload_\w+\/parts \(attempt 2\) 200 req_/ },
      },
    ],
  },
  {
    fault: 'The server repeats the key in its refusal: it is not shown',
    faults: [onCreate(refusal(401, { message: 'Incorrect API key provided: sk-test-key.' }))],
    steps: [{ args: push(), expect: { exit: 7, parts: 0, create: 1 } }],
  },
  {
    fault: 'The server repeats the request’s headers in a page of HTML: the key is not shown',
    faults: [
      onPart({ kind: 'status', status: 400, body: '<pre>Authorization: sk-test-key</pre>' }, { nth: 3 }),
    ],
    steps: [{ args: push(), expect: { exit: 6, parts: 3 } }],
  },
  {
    fault: 'The server repeats the key in the file it describes: it is not saved or shown',
    faults: [
      onComplete({
        kind: 'garble',
        body: '{"object":"upload","file":{"id":"file-echo","bytes":500000,"seen":"sk-test-key"}}',
      }),
    ],
    steps: [{ args: push(), expect: { exit: 0, parts: 5, prints: 'file-echo\n' } }],
  },
];

export const account: readonly Row[] = [...quota, ...keys];
