import { describe, expect, it } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import { formatPhase, percent } from '../../../src/ui/format.ts';
import {
  errorLines,
  exchangeLines,
  issueLines,
  noticeLine,
  requestLine,
} from '../../../src/ui/notice-lines.ts';
import { checkedLine, createTally, endLine, planLine } from '../../../src/ui/outcome-lines.ts';
import { phaseLine, progressLine, startLine } from '../../../src/ui/progress-lines.ts';
import { checkResultOf, issueOf, progressOf, resultOf, startedOf } from '../../helpers/events.ts';

const speed = { bytesPerSecond: 2_000_000, restMs: 30_000 };
const evil = 'a\u001b[2J\n';

describe('the line at the start', () => {
  it.each([
    [{}, 'a.jsonl: 100.0 MB in 10 parts of 10.0 MB, at most 4 at a time, as upload_1, expires in 1 h'],
    [{ parts: 1 }, 'a.jsonl: 100.0 MB in 1 part, as upload_1, expires in 1 h'],
    [
      { partsResumed: 3, bytesResumed: 30_000_000 },
      'a.jsonl: continuing upload_1, 3 of 10 parts (30.0 MB) already uploaded, expires in 1 h',
    ],
  ])('with %j', (changes, line) => {
    expect(startLine(startedOf(changes))).toBe(line);
  });
});

describe('the line of a plan', () => {
  const plan = {
    path: '/data/a.jsonl',
    filename: 'a.jsonl',
    bytes: 100_000_000,
    purpose: 'batch',
    mimeType: 'text/jsonl',
    partBytes: 10_000_000,
    parts: 10,
    continues: null,
    partsResumed: 0,
    lockedBy: null,
  };

  it.each([
    [{}, 'a.jsonl: 100.0 MB in 10 parts of 10.0 MB, as text/jsonl for batch: a new upload; nothing was sent'],
    [{ parts: 1 }, 'a.jsonl: 100.0 MB in 1 part, as text/jsonl for batch: a new upload; nothing was sent'],
    [
      { continues: 'upload_1', partsResumed: 4 },
      'a.jsonl: 100.0 MB in 10 parts of 10.0 MB, as text/jsonl for batch: continuing upload_1, 4 of 10 parts already uploaded; nothing was sent',
    ],
    [
      { continues: 'upload_1', parts: 1, lockedBy: { pid: 47, host: 'pc' } },
      'a.jsonl: 100.0 MB in 1 part, as text/jsonl for batch: continuing upload_1, 0 of 1 part already uploaded, but process 47 on pc is working on it now; nothing was sent',
    ],
  ])('with %j', (changes, line) => {
    expect(planLine({ ...plan, ...changes })).toBe(line);
  });

  it('lets nothing from elsewhere steer the terminal', () => {
    const line = planLine({ ...plan, filename: evil, purpose: evil, mimeType: evil, continues: evil });
    expect(line).not.toMatch(/[\u001b\n]/);
  });
});

describe('the line of progress', () => {
  it('tells percent, bytes, parts, speed and what is left', () => {
    expect(progressLine('a.jsonl', progressOf(), speed)).toBe(
      'a.jsonl: 40 %, 40.0 MB of 100.0 MB, 4 of 10 parts, 2.0 MB/s, 30 s left',
    );
  });

  it('says that it measures while no speed is known', () => {
    const unknown = { bytesPerSecond: 0, restMs: undefined };
    expect(progressLine('a', progressOf(), unknown)).toMatch(/, measuring$/);
    expect(progressLine('a', progressOf(), { ...unknown, standstill: 'byte' })).toMatch(/, nothing moves$/);
    const sent = progressLine('a', progressOf(), { ...unknown, standstill: 'answer' });
    expect(sent).toMatch(/, waiting for the server$/);
  });

  it.each([
    [0, 0],
    [999_999, 0],
    [1_000_000, 1],
    [99_999_999, 99],
    [100_000_000, 99],
  ])('with %i of 100,000,000 bytes says %i percent: never 100', (acknowledgedBytes, expected) => {
    expect(percent(progressOf({ acknowledgedBytes }))).toBe(expected);
  });
});

describe('the line at the end', () => {
  it.each([
    [{}, 'a.jsonl: file-1, 100.0 MB in 20 s, 5.0 MB/s'],
    [{ retries: 1 }, 'a.jsonl: file-1, 100.0 MB in 20 s, 5.0 MB/s, 1 retry'],
    [
      { retries: 2, partsResumed: 3, bytesSent: 70_000_000 },
      'a.jsonl: file-1, 70.0 MB in 20 s, 3.5 MB/s, 3 of 10 parts were already uploaded, 2 retries',
    ],
    [{ bytesSent: 0, partsResumed: 10 }, 'a.jsonl: file-1, nothing left to send'],
    [{ bytesSent: 0, alreadyUploaded: true }, 'a.jsonl: file-1, uploaded before, nothing was sent'],
    [
      { path: '/data/copy\u001b.jsonl', alreadyUploaded: true },
      'copy\\x1b.jsonl: file-1, uploaded before as a.jsonl, nothing was sent',
    ],
    [{ path: '-', alreadyUploaded: true }, 'a.jsonl: file-1, uploaded before, nothing was sent'],
    [{ seconds: 0, bytesSent: 5 }, 'a.jsonl: file-1, 5 B in 0.0 s, 5.0 kB/s'],
    [
      { bottleneck: 'network' as const },
      'a.jsonl: file-1, 100.0 MB in 20 s, 5.0 MB/s, limited by the network',
    ],
    [
      { bottleneck: 'limit-rate' as const },
      'a.jsonl: file-1, 100.0 MB in 20 s, 5.0 MB/s, limited by --limit-rate',
    ],
  ])('with %j', (changes, line) => {
    expect(endLine(resultOf(changes))).toBe(line);
  });
});

describe('the line about several', () => {
  const both = [resultOf(), resultOf({ retries: 2 })];
  const error = new UploadError('network', { message: 'cut' });
  const failed = { error };
  const stopped = { error: new UploadError('interrupted', { message: 'stopped' }) };
  const untried = { error, wasSkipped: true };

  it.each([
    [both, [], 2, '2 of 2 files uploaded: 200.0 MB in 40 s, 5.0 MB/s, 2 retries'],
    [
      both,
      [failed, failed, stopped, untried, untried],
      7,
      '2 of 7 files uploaded, 2 failed, 1 stopped, 2 not tried: 200.0 MB in 40 s, 5.0 MB/s, 2 retries',
    ],
    [[resultOf({ bytesSent: 0 })], [], 1, '1 of 1 files uploaded, 1 of them before'],
    [[], [failed, failed], 2, '0 of 2 files uploaded, 2 failed'],
    [[], [stopped, untried], undefined, '0 files uploaded, 1 stopped, the rest not tried'],
    [both, [failed], undefined, '2 files uploaded, 1 failed: 200.0 MB in 40 s, 5.0 MB/s, 2 retries'],
  ])('with %j, %j and %s', (results, failures, of, line) => {
    let now = 0;
    const tally = createTally(() => now);
    for (const result of results) tally.completed(result);
    for (const failure of failures) tally.failed(failure);
    now = 40_000;
    expect(tally.line(of)).toBe(line);
  });
});

describe('the other lines', () => {
  it('tell of a retry, a request and a phase', () => {
    const error = new UploadError('network', { message: 'sending part 3 failed: cut' });
    expect(noticeLine({ type: 'retry', what: 'part 3', attempt: 1, delayMs: 1500, error })).toBe(
      'sending part 3 failed: cut; trying again in 1.5 s',
    );
    const request = { type: 'request', method: 'POST', path: '/v1/uploads', durationMs: 12.7 } as const;
    expect(requestLine({ ...request, status: 200, requestId: 'req_1', attempt: 1 })).toBe(
      'POST /v1/uploads 200 req_1 13 ms',
    );
    expect(requestLine({ ...request, status: null, requestId: null, attempt: 2 })).toBe(
      'POST /v1/uploads (attempt 2) no response 13 ms',
    );
    const tls = {
      protocol: 'TLSv1.3',
      certificate: { subject: 'api', issuer: 'Proxy Inc', until: '2027-01-01' },
    };
    const connection = { address: '10.0.0.1', port: 443, tls };
    const [requestHeaders, responseHeaders] = [{ authorization: '[secret]' }, { 'x-request-id': 'req_1' }];
    const seen = { connection, requestHeaders, responseHeaders };
    expect(exchangeLines({ ...request, ...seen, status: 200, requestId: 'req_1', attempt: 1 })).toEqual([
      '* connected to 10.0.0.1:443, TLSv1.3, certificate of api by Proxy Inc, until 2027-01-01',
      '> POST /v1/uploads',
      '> authorization: [secret]',
      '< 200',
      '< x-request-id: req_1',
    ]);
    expect(formatPhase('completing')).toBe('completing');
  });

  it('let nothing from elsewhere steer the terminal', () => {
    const error = new UploadError('network', { message: evil });
    const lines = [
      startLine(startedOf({ filename: evil, uploadId: evil })),
      startLine(startedOf({ filename: evil, uploadId: evil, partsResumed: 1 })),
      progressLine(evil, progressOf(), speed),
      endLine(resultOf({ filename: evil, fileId: evil })),
      endLine(resultOf({ filename: evil, fileId: evil, bytesSent: 0 })),
      noticeLine({ type: 'retry', what: 'part 1', attempt: 1, delayMs: 1, error }),
      requestLine({
        type: 'request',
        method: 'POST',
        path: evil,
        status: 200,
        requestId: evil,
        attempt: 1,
        durationMs: 1,
      }),
      ...exchangeLines({
        type: 'request',
        method: 'POST',
        path: evil,
        status: 200,
        requestId: evil,
        attempt: 1,
        durationMs: 1,
        responseHeaders: { [evil]: evil },
      }),
      ...errorLines({ message: evil, hint: evil, nextCommand: evil, timeLeftMs: undefined }),
    ];
    for (const line of lines) expect(line).not.toMatch(/[\u001b\n]/);
  });
});

describe('the lines of the preflight', () => {
  const issue = issueOf();

  it('name what was read, and what is wrong where', () => {
    expect(checkedLine(checkResultOf())).toBe('a.jsonl: valid for batch, 100.0 MB, 1,000 lines');
    const { lines: _, ...unread } = checkResultOf({ warningCount: 1 });
    expect(checkedLine(unread)).toBe('a.jsonl: valid for batch, 100.0 MB, 1 warning');
    expect(checkedLine(checkResultOf({ lines: 1, warningCount: 2000 }))).toBe(
      'a.jsonl: valid for batch, 100.0 MB, 1 line, 2,000 warnings',
    );
    const warning = { type: 'warning', path: '/data/a.jsonl', issue, omitted: 0 } as const;
    const text = 'a.jsonl: warning: line 41873, column 7: expected a colon, found "x"';
    expect(noticeLine(warning)).toBe(text);
    expect(noticeLine({ ...warning, omitted: 1234 })).toBe(`${text}; and 1,234 more warnings`);
    expect(noticeLine({ ...warning, omitted: 1 })).toBe(`${text}; and 1 more warning`);
  });

  it('come only when there is time to read them', () => {
    const checking = { type: 'phase', phase: 'checking', path: '/data/a.jsonl' } as const;
    expect(phaseLine({ ...checking, bytes: 50_000_000 })).toBe('a.jsonl: checking 50.0 MB');
    expect(phaseLine({ ...checking, bytes: 49_999_999 })).toBeUndefined();
    expect(phaseLine({ type: 'phase', phase: 'sending' })).toBeUndefined();
  });

  it('list what was found, what to do about it once, and how much more there is', () => {
    const other = issueOf({ line: 41_874, hint: 'Give up.' });
    const ofFile = { severity: 'error', code: 'too_large', message: 'it is too large' } as const;
    expect(issueLines([ofFile, issue, issue, other], 1004)).toEqual([
      '  it is too large',
      '  line 41873, column 7: expected a colon, found "x"',
      '    Fix it.',
      '  line 41873, column 7: expected a colon, found "x"',
      '  line 41874, column 7: expected a colon, found "x"',
      '    Give up.',
      '  and 1,000 more',
    ]);
    expect(issueLines([ofFile], 1)).toEqual(['  it is too large']);
  });

  it('let nothing from the file steer the terminal', () => {
    const bad = issueOf({ message: evil, hint: evil });
    const path = `/data/${evil}`;
    const lines = [
      ...issueLines([bad], 1),
      noticeLine({ type: 'warning', path, issue: bad, omitted: 0 }),
      checkedLine(checkResultOf({ path, purpose: evil })),
      phaseLine({ type: 'phase', phase: 'checking', path, bytes: 1e9 }),
    ];
    for (const line of lines) expect(line).not.toMatch(/[\u001b\n]/);
  });
});

describe('the lines of an error', () => {
  it('tell what failed, what to do and what to run, as far as there is any', () => {
    expect(
      errorLines({
        message: 'it broke',
        hint: 'Fix it.',
        nextCommand: 'openai-upload resume u',
        timeLeftMs: undefined,
      }),
    ).toEqual(['openai-upload: it broke', '  Fix it.', '  Run: openai-upload resume u']);
    expect(
      errorLines({
        message: 'it broke',
        hint: '',
        nextCommand: 'openai-upload resume u',
        timeLeftMs: 60_000,
      })[1],
    ).toBe('  Run within 1 min: openai-upload resume u');
    expect(errorLines({ message: 'it broke', hint: '', nextCommand: null, timeLeftMs: 60_000 })).toEqual([
      'openai-upload: it broke',
    ]);
  });
});
