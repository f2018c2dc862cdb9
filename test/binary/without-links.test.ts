import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';

const HOOK = new URL('../helpers/without-links.mjs', import.meta.url);
const push = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '50kB', '--concurrency', '1'];

describe.skipIf(!TAKES_HOOKS)('a state directory on a file system without hard links', () => {
  test('is for one process at a time, and taken over after a kill', async ({ folder, server, cli }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), 150_000);
    const env = { NODE_OPTIONS: `--import=${HOOK}` };
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'second' });
    const first = cli.start(push, env);
    await server.waitForHeld('second');

    const second = await cli.run(push, env);
    expect([second.code, second.stderr]).toEqual([
      11,
      expect.stringContaining(`process ${first.child.pid} on`),
    ]);
    first.child.kill('SIGKILL');
    await first.result;
    const third = await cli.run(push, env);

    expect(third.code, third.stderr).toBe(0);
    expect(server.fileMd5(third.stdout.trim())).toBe(md5);
    expect(await readdir(cli.stateDir)).toEqual(['ledger', 'sources', `${server.uploads()[0]?.id}.json`]);
  });
});
