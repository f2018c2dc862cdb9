import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { type Cli, test } from '../helpers/fixtures.ts';
import { killStorm, partsFor } from '../helpers/kill-storm.ts';
import { makeFile } from '../helpers/make-file.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const HOOK = fileURLToPath(new URL('../helpers/kill-at-step.mjs', import.meta.url));
const push = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '50kB', '--concurrency', '1'];

/** Pushes with a death at the n-th change of the state directory; false when the push came to its end before. */
async function pushWithDeathAt(step: string, cli: Cli, args: readonly string[] = push): Promise<boolean> {
  const { signal } = await cli.run(args, {
    NODE_OPTIONS: `--import=${HOOK}`,
    KILL_IN: cli.stateDir,
    KILL_AT: step,
  });
  return signal === 'SIGKILL';
}

async function expectWhole(server: UploadsServer, md5: string, stdout: string): Promise<void> {
  const file = server.files().at(-1);
  expect(stdout).toBe(`${file?.id}\n`);
  expect(server.fileMd5(file?.id ?? '')).toBe(md5);
}

describe('a push killed with SIGKILL', () => {
  for (const when of ['before', 'after']) {
    test(`${when} any single change of the state directory can be pushed again`, {
      timeout: 240_000,
    }, async ({ folder, server, cli }) => {
      const md5 = await makeFile(join(folder, 'a.bin'), 50_000);
      let step = 1;
      while (await pushWithDeathAt(`${when} ${step}`, cli)) {
        const { code, stdout, stderr } = await cli.run(push);
        expect(code, `${when} step ${step}: ${stderr}`).toBe(0);
        await expectWhole(server, md5, stdout);
        step += 1;
      }
      // Four records and two locks, several changes each: had the hook not worked, there would be none.
      expect(step).toBeGreaterThan(20);
    });
  }

  test('before any single change of the state directory, and pushed again if not uploaded, makes one file', {
    timeout: 240_000,
  }, async ({ folder, server, cli }) => {
    let step = 1;
    for (let isOver = false; !isOver; step += 1) {
      // A file of its own for each, so that the sessions before make no changes.
      const name = `${step}.bin`;
      const md5 = await makeFile(join(folder, name), 5000, step);
      const once = ['push', name, ...push.slice(2), '--if-not-uploaded'];
      isOver = !(await pushWithDeathAt(`before ${step}`, cli, once));
      const { code, stdout, stderr } = await cli.run(once);
      expect(code, `step ${step}: ${stderr}`).toBe(0);
      await expectWhole(server, md5, stdout);
      expect(server.files(), `step ${step}`).toHaveLength(step);
    }
    // As above, and the ledger with its lock.
    expect(step).toBeGreaterThan(30);
  });

  test('again and again at random moments comes to its end, and sends nothing again that was saved', async ({
    folder,
    server,
    cli,
  }) => {
    const md5 = await makeFile(join(folder, 'a.bin'), partsFor(20) * 10_000);
    const { kills, stdout } = await killStorm({ cli, server, kills: 20, partBytes: 10_000 });
    expect(kills).toBe(20);
    await expectWhole(server, md5, stdout);
    expect(server.files()).toHaveLength(1);
  });
});
