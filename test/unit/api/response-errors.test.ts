import { describe, expect, it } from 'vitest';
import { errorFromResponse, type RefusedAnswer } from '../../../src/api/response-errors.ts';
import type { Subject } from '../../../src/api/server-quirks.ts';
import type { UploadErrorCode } from '../../../src/model/errors.ts';

const error = (fields: Record<string, unknown>) => JSON.stringify({ error: fields });
const says = (message: string) => error({ message, type: 'invalid_request_error', param: null, code: null });

function judge(answer: Partial<RefusedAnswer> & { status: number }, target?: Subject) {
  return errorFromResponse(
    { headers: {}, text: '', ...answer },
    { action: 'sending part 3', target, nowMs: 0 },
  );
}

/** What every request may meet. */
const STATUSES: readonly [status: number, code: UploadErrorCode, isRetryable: boolean][] = [
  [301, 'request_refused', false],
  [307, 'request_refused', false],
  [400, 'request_refused', false],
  [401, 'authentication', false],
  [403, 'authentication', false],
  [404, 'request_refused', false],
  [408, 'server_error', true],
  [409, 'server_error', true],
  [413, 'request_refused', false],
  [415, 'request_refused', false],
  [422, 'request_refused', false],
  [429, 'rate_limited', true],
  [500, 'server_error', true],
  [502, 'server_error', true],
  [503, 'server_error', true],
  [504, 'server_error', true],
  [524, 'server_error', true],
];

const QUOTA = [
  { code: 'credit_balance_exhausted' },
  { code: 'organization_spend_limit_exceeded' },
  { code: 'project_spend_limit_exceeded' },
  { code: 'organization_usage_limit_exceeded' },
  { type: 'insufficient_quota', code: null },
  { type: 'insufficient_quota', code: 'something_else' },
];

/** What servers say of an upload that takes nothing more. */
const CLOSED: readonly [status: number, words: string, code: UploadErrorCode][] = [
  [400, "The upload 'u' has expired; nothing more can be done with it.", 'upload_expired'],
  [404, 'Upload expired', 'upload_expired'],
  [404, 'No such upload', 'upload_expired'],
  [410, 'Gone', 'upload_expired'],
  [409, 'This upload was cancelled', 'upload_cancelled'],
  [400, 'Upload status: canceled', 'upload_cancelled'],
  [400, "The upload 'u' is already cancelled", 'upload_cancelled'],
  [400, "The upload 'u' is already completed", 'upload_closed'],
  [409, 'Upload has been completed', 'upload_closed'],
  [400, 'Cannot add parts: status=completed', 'upload_closed'],
];

const WRONG_BYTES = [
  says("The file's MD5 is a, not b."),
  says('The listed parts have 5 bytes; the upload was created for 6.'),
  says('checksum mismatch'),
];

const NO_MD5 = [
  error({ message: "Unknown parameter: 'md5'.", param: 'md5', code: 'unknown_parameter' }),
  says('md5 is not supported'),
  says('Unrecognized request argument supplied: md5'),
];

describe('a refusal', () => {
  it.each(STATUSES)('with %i is %s, worth another attempt: %s', (status, code, isRetryable) => {
    expect(judge({ status, text: says('No.') })).toMatchObject({
      code,
      isRetryable,
      message: `sending part 3 failed: No. (HTTP ${status})`,
      facts: { httpStatus: status, apiCode: 'invalid_request_error' },
    });
  });

  it.each(QUOTA)('for want of money is no reason to wait: %j', (fields) => {
    expect(judge({ status: 429, text: error({ message: 'no money', ...fields }) })).toMatchObject({
      code: 'quota',
      isRetryable: false,
      facts: { apiCode: fields.code ?? fields.type, isOverload: false },
    });
  });

  it('holds back the whole pool for 429 and 503 alone', () => {
    const overloads = STATUSES.map(([status]) => status).filter(
      (status) => judge({ status }).facts.isOverload,
    );
    expect(overloads).toEqual([429, 503]);
  });

  it('is worth another attempt when the server says so, and not when it says not', () => {
    const should = (status: number, answer: string) =>
      judge({ status, headers: { 'x-should-retry': answer } }).isRetryable;
    expect([should(400, 'true'), should(503, 'false')]).toEqual([true, false]);
    expect([should(400, 'maybe'), should(503, 'maybe')]).toEqual([false, true]);
  });

  it('carries the request’s name and the wait, and tells the name', () => {
    const headers = { 'x-request-id': 'req_1', 'retry-after': '7' };
    const refusal = judge({ status: 503, headers });
    expect(refusal.facts).toMatchObject({ requestId: 'req_1', retryAfterMs: 7000 });
    expect(refusal.message).toContain('(HTTP 503, request req_1)');
  });

  it('leaves out what the server did not say', () => {
    const { facts } = judge({ status: 400 });
    expect(Object.keys(facts).sort()).toEqual(['httpStatus', 'isOverload']);
  });
});

describe('the words of a refusal', () => {
  it.each([
    [
      'a proxy’s page',
      '<html><style>p{}</style><h1>502 Bad Gateway</h1>\n<p>nginx</p></html>',
      '502 Bad Gateway nginx',
    ],
    ['nothing', '', 'the server gave no reason'],
    ['spaces', ' \n ', 'the server gave no reason'],
    ['plain text', 'upstream connect error', 'upstream connect error'],
    ['a bare text for an error', '{"error":"nope"}', 'nope'],
    ['a list', '[1]', '[1]'],
    ['null', 'null', 'null'],
    ['fields of the wrong type', '{"error":{"message":5,"code":7}}', '{"error":{"message":5,"code":7}}'],
    ['a long text, cut', 'x'.repeat(500), `${'x'.repeat(300)}…`],
  ])('come from %s', (_, text, words) => {
    expect(judge({ status: 502, text }).message).toBe(`sending part 3 failed: ${words} (HTTP 502)`);
  });

  it('say that there is no reason when the message is empty', () => {
    expect(judge({ status: 502, text: says('') }).message).not.toContain('failed:  (');
  });
});

describe('a refusal of an upload', () => {
  it.each(CLOSED)('with %i and "%s" is %s', (status, words, code) => {
    expect(judge({ status, text: says(words) }, 'upload')).toMatchObject({ code, isRetryable: false });
    expect(judge({ status, text: says(words) }, 'completion')).toMatchObject({ code, isRetryable: false });
  });

  it('means nothing of the kind before there is an upload', () => {
    for (const [status, words] of CLOSED) {
      const { code } = judge({ status, text: says(words) });
      expect(['request_refused', 'server_error']).toContain(code);
    }
  });

  it('that is complete and so cannot be cancelled is not taken for a cancelled one', () => {
    const words = 'Upload u cannot be cancelled because it is already completed.';
    expect(judge({ status: 400, text: says(words) }, 'upload').code).toBe('upload_closed');
  });

  it('for anything else is a plain refusal', () => {
    expect(judge({ status: 400, text: says('Bad field.') }, 'upload').code).toBe('request_refused');
    expect(judge({ status: 409, text: says('Try again.') }, 'upload')).toMatchObject({
      code: 'server_error',
      isRetryable: true,
    });
  });
});

describe('a refusal of a completion', () => {
  it.each(WRONG_BYTES)('for what the server holds is a matter of integrity: %s', (text) => {
    expect(judge({ status: 400, text }, 'completion')).toMatchObject({
      code: 'integrity',
      isRetryable: false,
    });
    expect(judge({ status: 400, text }, 'upload').code).toBe('request_refused');
  });

  it.each(NO_MD5)('for the MD5 as such says how to do without: %s', (text) => {
    expect(judge({ status: 400, text }, 'completion')).toMatchObject({
      code: 'request_refused',
      hint: expect.stringContaining('`md5: false`'),
    });
  });

  it('for some other field says nothing of the MD5', () => {
    const text = error({ message: "Unknown parameter: 'size'.", param: 'size', code: 'unknown_parameter' });
    expect(judge({ status: 400, text }, 'completion')).toMatchObject({
      code: 'request_refused',
      hint: expect.stringContaining('Fix what the server objects to'),
    });
  });
});

describe('a server of its own kind', () => {
  const counted = 'The parts exceed the size of the upload: 9 bytes, declared were 6.';
  const parts: readonly [about: Subject, status: number, words: string, flag: string][] = [
    ['completion', 400, "The part 'p' is smaller than the minimum allowed size.", '`partBytes: 8000000`'],
    ['completion', 400, 'EntityTooSmall: your proposed upload is too small', '`partBytes: 8000000`'],
    [
      'completion',
      400,
      'The parts must be listed in the order in which they were uploaded.',
      '`concurrency: 1`',
    ],
  ];

  it.each(parts)(
    'about the %s with %i "%s" names %s, and the upload is given up',
    (target, status, words, flag) => {
      expect(judge({ status, text: says(words) }, target)).toMatchObject({
        code: 'request_refused',
        isRetryable: false,
        hint: expect.stringContaining(flag),
        facts: { isFinal: true },
      });
    },
  );

  it.each([
    ['upload', 400, 'The part exceeds the maximum size of the upload.'],
    ['upload', 400, 'Total limit exceeded for this upload'],
    ['completion', 400, 'Invalid file format for Batch API. Must be .jsonl'],
    [undefined, 400, counted],
    ['upload', 422, counted],
    ['upload', 400, counted],
  ] as const)('is not recognized in words about the %s with %i "%s"', (target, status, words) => {
    expect(judge({ status, text: says(words) }, target).facts.isFinal).toBeUndefined();
  });

  it('of Azure says more in its details', () => {
    const details = [{ code: 'a', message: 'It has no line 3.' }, { message: 'The file is bad.' }, {}];
    const text = error({ code: 'invalidPayload', message: 'The file is bad.', target: 'file', details });
    expect(judge({ status: 400, text })).toMatchObject({
      message: 'sending part 3 failed: The file is bad. It has no line 3. (HTTP 400)',
      facts: { apiCode: 'invalidPayload' },
    });
  });

  it.each([
    [
      [
        { type: 'missing', loc: ['body', 'purpose'], msg: 'Field required', input: {} },
        { loc: ['body', 'bytes', 0], msg: 'Input should be less than 10!' },
      ],
      'body.purpose: Field required. body.bytes.0: Input should be less than 10!',
    ],
    [['No.', { msg: 'Bad' }, 7, null, {}, { loc: 5, msg: 6 }], 'No. Bad.'],
    [{ error: { message: 'Inside.' } }, 'Inside.'],
    [{ message: 'Deep.', code: 'x' }, 'Deep.'],
    ['Plain', 'Plain'],
  ])('made with FastAPI says what is wrong in sentences: %j', (detail, words) => {
    const { message } = judge({ status: 422, text: JSON.stringify({ detail }) });
    expect(message).toBe(`sending part 3 failed: ${words} (HTTP 422)`);
  });

  it('may want the key as OpenAI does', () => {
    const text = error({ message: 'You need to provide your API key in an Authorization header.' });
    const hintFor = (auth: 'bearer' | 'api-key') =>
      errorFromResponse({ status: 401, headers: {}, text }, { action: 'x', nowMs: 0, auth }).hint;
    expect(hintFor('api-key')).toContain('`auth: "bearer"`');
    expect(hintFor('bearer')).toBe('Check `apiKey`.');
  });

  it('may have no error object around its words', () => {
    const gateway = '{"statusCode":401,"message":"Access denied due to invalid subscription key."}';
    const request = { action: 'x', nowMs: 0, auth: 'bearer' } as const;
    const refused = errorFromResponse({ status: 401, headers: {}, text: gateway }, request);
    expect(refused.message).toBe('x failed: Access denied due to invalid subscription key. (HTTP 401)');
    expect(refused.hint).toContain('`auth: "api-key"`');
    expect(judge({ status: 404, text: '{"detail":"Upload expired"}' }, 'upload').code).toBe('upload_expired');
    // A gateway speaks of itself.
    const session = '{"message":"the status of your session: expired"}';
    expect(judge({ status: 404, text: session }, 'upload').code).toBe('request_refused');
  });

  it('of Azure is reached under another address', () => {
    const request = { action: 'x', nowMs: 0, auth: 'api-key' } as const;
    const answer = { status: 404, headers: {}, text: says('Resource not found') };
    expect(errorFromResponse(answer, request).hint).toContain('/openai?api-version=');
  });
});
