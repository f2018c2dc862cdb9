import { join, sep } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

/** What differs from run to run: ids, times, speeds, what was the bottleneck, the folder. */
function steady(text: string, folder: string): string {
  return text
    .replaceAll(`${folder}${sep}`, '/data/')
    .replace(/(upload|req|job)_\w+/g, '$1_X')
    .replace(/file-\w+/g, 'file-X')
    .replace(/, limited by .*/g, '')
    .replace(/\b(within|in) [\d.]+ (s|min|h)( \d+ (s|min))?/g, '$1 T')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:X')
    .replace(/[\d.]+ [kM]?B\/s/g, 'N B/s');
}

describe('what a log gets', () => {
  test('of a push that went well', async ({ cli, folder }) => {
    await makeFile(join(folder, 'a.jsonl'), 400_000);
    const args = ['push', 'a.jsonl', '--purpose', 'user_data', '--part-size', '100000', '--concurrency', '2'];
    const { code, stderr } = await cli.run(args, { CI: 'true' });
    expect(code).toBe(0);
    expect(steady(stderr, folder)).toMatchInlineSnapshot(`
      "a.jsonl: 400.0 kB in 4 parts of 100.0 kB, at most 2 at a time, as upload_X, expires in T
      a.jsonl: file-X, 400.0 kB in T, N B/s
      "
    `);
  });

  test('of a push that had trouble and gave up', async ({ cli, folder, server }) => {
    await makeFile(join(folder, 'a.jsonl'), 400_000);
    server.addFaults({
      call: 'part',
      nth: 1,
      times: 2,
      kind: 'status',
      status: 503,
      headers: { 'retry-after': '0' },
    });
    const args = ['push', 'a.jsonl', '--purpose', 'user_data', '--retries', '1'];
    const { code, stderr } = await cli.run(args, { CI: 'true' });
    expect(code).toBe(5);
    expect(steady(stderr, folder)).toMatchInlineSnapshot(`
      "a.jsonl: 400.0 kB in 1 part, as upload_X, expires in T
      sending part 1 failed: A planned fault: status 503. (HTTP 503, request req_X); trying again in T
      openai-upload: a.jsonl: sending part 1 failed: A planned fault: status 503. (HTTP 503, request req_X); gave up after 2 attempts
        Wait a moment.
        Run within T: openai-upload resume upload_X
      "
    `);
  });

  test('of several files, with failures among them', async ({ cli, folder }) => {
    for (const name of ['a', 'b']) await makeFile(join(folder, `${name}.jsonl`), 400_000, name.charCodeAt(0));
    const files = ['a.jsonl', 'none.jsonl', 'b.jsonl'];
    const { code, stderr } = await cli.run(['push', ...files, '--purpose', 'user_data'], { CI: 'true' });
    expect(code).toBe(3);
    // The files are sent side by side: in which order their lines come is not fixed.
    const lines = steady(stderr, folder).trimEnd().split('\n');
    expect([...lines.slice(0, -1).sort(), lines.at(-1)]).toMatchInlineSnapshot(`
      [
        "  /data/none.jsonl does not exist",
        "  Check the path.",
        "2 of 3 files uploaded, 1 failed: 800.0 kB in T, N B/s",
        "3 files, 800.0 kB",
        "failed:",
        "openai-upload: /data/none.jsonl does not exist",
        "To continue with what is left, run: openai-upload resume job_X",
      ]
    `);
  });

  test('of a call that the key stands against: the reason once, and how many were not tried', async ({
    cli,
    folder,
  }) => {
    for (const name of ['a', 'b', 'c']) await makeFile(join(folder, `${name}.jsonl`), 1000);
    const files = ['a.jsonl', 'b.jsonl', 'c.jsonl'];
    const env = { CI: 'true', OPENAI_API_KEY: 'sk-wrong' };
    const { code, stderr } = await cli.run(['push', ...files, '--purpose', 'user_data'], env);
    expect(code).toBe(7);
    expect(steady(stderr, folder)).toMatchInlineSnapshot(`
      "3 files, 3.0 kB
      openai-upload: a.jsonl: creating the upload failed: The API key is not right. (HTTP 401, request req_X)
        Check OPENAI_API_KEY. The key was sent to 127.0.0.1:X.
      0 of 3 files uploaded, 1 failed, 2 not tried
      To continue with what is left, run: openai-upload resume job_X
      "
    `);
  });
});
