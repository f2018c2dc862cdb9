import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { killStorm, partsFor } from '../helpers/kill-storm.ts';
import { killWalk } from '../helpers/kill-walk.ts';
import { makeFile } from '../helpers/make-file.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';

/** A sample, which meets other changes in each phase. `npm run soak` dies at every one. */
const STRIDE = 7;

const push = (name: string) => [
  'push',
  name,
  '--purpose',
  'vision',
  '--part-size',
  '10kB',
  '--concurrency',
  '1',
];

describe('a push killed with SIGKILL', () => {
  test.skipIf(!TAKES_HOOKS)(
    'before a change of the state directory can be pushed again, and makes one file',
    {
      timeout: 240_000,
    },
    async ({ folder, server, cli }) => {
      const over = await killWalk({
        cli,
        folder,
        fileBytes: 25_000,
        from: 1,
        stride: STRIDE,
        args: push,
        check: ({ step, md5, result: { code, stdout, stderr } }) => {
          expect(code, `step ${step}: ${stderr}`).toBe(0);
          expect(server.fileMd5(stdout.trim())).toBe(md5);
        },
      });

      // A record and two locks, several changes each: had the hook not worked, there would be none.
      expect(over).toBeGreaterThan(20);
    },
  );

  test.skipIf(!TAKES_HOOKS)(
    'before a change of the state directory, and pushed again if not uploaded, makes one file',
    {
      timeout: 240_000,
    },
    async ({ folder, server, cli }) => {
      let pushes = 0;
      const over = await killWalk({
        cli,
        folder,
        fileBytes: 5000,
        from: 3,
        stride: STRIDE,
        args: (name) => [...push(name), '--if-not-uploaded'],
        check: ({ step, md5, result: { code, stdout, stderr } }) => {
          pushes += 1;
          expect(code, `step ${step}: ${stderr}`).toBe(0);
          expect(server.fileMd5(stdout.trim())).toBe(md5);
          expect(server.files(), `step ${step}`).toHaveLength(pushes);
        },
      });

      // As above, and the ledger with its lock.
      expect(over).toBeGreaterThan(25);
    },
  );

  test('again and again at random moments comes to its end, and sends nothing again that was saved', async ({
    folder,
    server,
    cli,
  }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), partsFor(20) * 10_000);
    const { kills, stdout } = await killStorm({ cli, server, kills: 20, partBytes: 10_000 });
    expect(kills).toBe(20);
    expect(server.fileMd5(stdout.trim())).toBe(md5);
    expect(server.files()).toHaveLength(1);
  });
});
