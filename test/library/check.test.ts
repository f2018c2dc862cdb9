import { truncateSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, issueText, push, type UploadError, type UploadEvent } from '../../src/index.ts';
import { checkFailure } from '../../src/model/check-failure.ts';
import { checkResultOf, issueOf } from '../helpers/events.ts';
import { batchLine, batchLines, writeLines } from '../helpers/jsonl.ts';
import { errorOf, temporaryFolder } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

describe('check', () => {
  it('gives what it finds, and tells the warnings and that it reads', async () => {
    const path = join(await temporaryFolder(), 'a.jsonl');
    await writeLines(path, [batchLine(1), '', batchLine(1)]);
    const events: UploadEvent[] = [];

    const result = await check(path, { purpose: 'batch', onEvent: (event) => events.push(event) });

    expect(result).toMatchObject({ path, purpose: 'batch', lines: 3, errorCount: 1, warningCount: 1 });
    expect(result.errors.map(issueText)).toEqual(['line 3: custom_id "request-1" is already used in line 1']);
    expect(events).toEqual([
      { type: 'phase', phase: 'checking', path, bytes: result.bytes },
      { type: 'warning', path, issue: result.warnings[0], omitted: 0 },
    ]);
  });

  it('tells with the last warning how many more there are', async () => {
    const path = join(await temporaryFolder(), 'a.jsonl');
    await writeLines(path, [batchLine(1), ...Array(30).fill('')]);
    const omitted: number[] = [];

    await check(path, {
      purpose: 'batch',
      onEvent: (event) => event.type === 'warning' && omitted.push(event.omitted),
    });

    expect(omitted).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 20]);
  });

  it('looks at nothing that its purpose has no rules for', async () => {
    const path = join(await temporaryFolder(), 'a.jsonl');
    await writeLines(path, ['no JSON']);
    const events: UploadEvent[] = [];
    const onEvent = (event: UploadEvent) => void events.push(event);

    expect(await check(path, { purpose: 'later', onEvent })).toMatchObject({
      errorCount: 0,
      warningCount: 0,
    });
    expect(events).toEqual([]);
    expect(await check(path, { purpose: 'batch', filename: 'a.txt' })).toMatchObject({ errorCount: 2 });
  });

  it.each([
    ['a file that is not there', 'nowhere.jsonl', 'source_not_found'],
    ['a directory', '.', 'source_not_a_file'],
    ['an empty file', 'empty.jsonl', 'source_empty'],
  ])('fails for %s', async (_, name, code) => {
    const folder = await temporaryFolder();
    await appendFile(join(folder, 'empty.jsonl'), '');
    const path = join(folder, name);
    expect(await errorOf(() => check(path, { purpose: 'batch' }))).toMatchObject({ code, facts: { path } });
  });

  it('fails for a call without a purpose', async () => {
    const call = check as unknown as (path: string, options?: unknown) => Promise<unknown>;
    for (const options of [undefined, {}, { purpose: ' ' }, { purpose: 'batch', filename: '' }])
      expect(await errorOf(() => call('a', options))).toMatchObject({ code: 'usage' });
  });

  it('stops on its signal, and notices a file that becomes shorter', async () => {
    const path = join(await temporaryFolder(), 'a.jsonl');
    await writeLines(path, batchLines(5000));
    const stop = new AbortController();
    const onEvent = () => stop.abort();
    const stopped = await errorOf(() => check(path, { purpose: 'batch', onEvent, signal: stop.signal }));
    expect(stopped).toMatchObject({ code: 'interrupted', facts: { path } });

    const shorten = () => truncateSync(path, 1000);
    const failure = await errorOf(() => check(path, { purpose: 'batch', onEvent: shorten }));
    expect(failure).toMatchObject({ code: 'source_changed', facts: { path } });
  });
});

describe('a failure of the check', () => {
  it('names the first error, and carries the ten that are reported', () => {
    const errors = Array(10).fill(issueOf());
    expect(checkFailure(checkResultOf({ errors, errorCount: 41_000 }))).toMatchObject({
      code: 'check_failed',
      message:
        '/data/a.jsonl is not valid for batch: 41,000 errors, the first: line 41873, column 7: expected a colon, found "x"',
      hint: 'Fix the file. Or push it as it is with `check: false`.',
      isRetryable: false,
      facts: { path: '/data/a.jsonl', issues: errors, issueCount: 41_000 },
    });
  });

  it('says what to do about the only one', () => {
    const failure = checkFailure(checkResultOf({ errors: [issueOf()], errorCount: 1 }));
    expect(failure).toMatchObject({
      message: '/data/a.jsonl is not valid for batch: line 41873, column 7: expected a colon, found "x"',
      hint: 'Fix it. Or push it as it is with `check: false`.',
    });
  });

  it('is none when there are only warnings', () => {
    expect(checkFailure(checkResultOf({ warnings: [issueOf()], warningCount: 1 }))).toBeUndefined();
  });
});

describe('push', () => {
  it('checks the file before its first request, unless the check is off', async () => {
    const { folder, server, pushOptions, events } = await setUp();
    const path = join(folder, 'a.jsonl');
    await writeLines(path, [batchLine(1), '{']);
    const options = { ...pushOptions, purpose: 'batch' };

    const error = (await errorOf(() => push(path, options))) as UploadError;

    expect(error).toMatchObject({ code: 'check_failed', uploadId: undefined });
    expect(error.facts.issues).toMatchObject([{ code: 'invalid_json', line: 2, column: 2 }]);
    expect(server.requests()).toEqual([]);
    expect(events).toMatchObject([{ type: 'phase', phase: 'checking' }]);
    expect((await push(path, { ...options, check: false })).purpose).toBe('batch');
  });

  it('tells what is doubtful, and goes on', async () => {
    const { folder, pushOptions, events } = await setUp();
    const path = join(folder, 'a.jsonl');
    await writeLines(path, [batchLine(1), '', batchLine(2)]);

    await push(path, { ...pushOptions, purpose: 'batch' });

    const types = events.map((event) => (event.type === 'phase' ? event.phase : event.type));
    expect(types.slice(0, 2)).toEqual(['checking', 'warning']);
    expect(types.at(-1)).toBe('completed');
  });
});
