import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { runDemo } from '../demo/run-demo.ts';
import { test } from '../helpers/fixtures.ts';

/** The demo of `npm run demo`, but 4 MB in 16 parts. */
const small = {
  bytes: 4_000_000,
  // Leaves more than a second to see that half is there, and to kill the push.
  bytesPerSecond: 1_500_000,
  pushFlags: ['--part-size', '250000'],
  stderr: 'ignore',
} as const;

describe('the demo', () => {
  test('kills a push half-way, resumes it and finds nothing wrong', async ({ folder }) => {
    const said: string[] = [];
    const signal = new AbortController().signal;

    const { problems } = await runDemo({ ...small, within: folder, say: (line) => said.push(line), signal });

    expect(problems).toEqual([]);
    expect(said.join('\n')).toMatch(/800 batch requests, 4,000,000 bytes.*SIGKILL: \d+ of 16.*\nfile-/s);
    expect(await readdir(folder)).toEqual([]);
  });

  test.for(['Wrote', '$ openai-upload push', '$ openai-upload resume'])(
    'leaves nothing behind when it is stopped after "%s"',
    async (moment, { folder }) => {
      const stop = new AbortController();
      const say = (line: string) => {
        if (line.trim().startsWith(moment)) stop.abort(new Error('Ctrl-C'));
      };

      await expect(runDemo({ ...small, within: folder, say, signal: stop.signal })).rejects.toThrow('Ctrl-C');

      expect(await readdir(folder)).toEqual([]);
    },
  );

  test('fails, and leaves nothing behind, when the push ends by itself', async ({ folder }) => {
    const signal = new AbortController().signal;

    const demo = runDemo({
      ...small,
      within: folder,
      pushFlags: ['--part-size', '0'],
      say: () => undefined,
      signal,
    });

    await expect(demo).rejects.toThrow('push ended with 2 before it could be killed');
    expect(await readdir(folder)).toEqual([]);
  });

  test('fails, and leaves nothing behind, when the server does not start', async ({ folder }) => {
    const signal = new AbortController().signal;

    const demo = runDemo({ ...small, within: folder, bytesPerSecond: 0, say: () => undefined, signal });

    await expect(demo).rejects.toThrow('the local server ended with code 2 before it listened');
    expect(await readdir(folder)).toEqual([]);
  });
});
