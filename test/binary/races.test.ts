import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

const push = ['push', 'a.bin', '--purpose', 'vision', '--part-size', '50kB'];
const ROUNDS = 5;
const RACERS = 5;

/** The first `count` of them that settle. */
function firstOf<T>(count: number, promises: readonly Promise<T>[]): Promise<T[]> {
  const settled: T[] = [];
  return new Promise((resolve) => {
    for (const promise of promises) {
      void promise.then((value) => {
        if (settled.push(value) === count) resolve(settled);
      });
    }
  });
}

describe('several processes that want the same upload', () => {
  test('exactly one resumes what a killed one left; the others say who has it', async ({
    folder,
    server,
    cli,
  }) => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await makeFile(join(folder, 'a.bin'), 200_000, round);
      const nth = server.requests('part').length;
      server.addFaults(
        { call: 'part', nth: nth + 3, kind: 'hold', label: `killed ${round}` },
        { call: 'part', nth: nth + 5, kind: 'hold', label: `winner ${round}` },
      );
      const first = cli.start([...push, '--concurrency', '1']);
      await server.waitForHeld(`killed ${round}`);
      first.child.kill('SIGKILL');
      await first.result;
      server.release(`killed ${round}`);
      const { uploadId } = server.requests('part').at(-1) ?? {};

      // The lock of the dead process is there for all of them to take over at once.
      const racers = Array.from({ length: RACERS }, () =>
        cli.start(['resume', uploadId ?? '', '--concurrency', '1']),
      );
      const losers = firstOf(
        RACERS - 1,
        racers.map(({ result }) => result),
      );
      await server.waitForHeld(`winner ${round}`);
      expect((await losers).map(({ code }) => code)).toEqual([11, 11, 11, 11]);
      server.release(`winner ${round}`);
      const results = await Promise.all(racers.map(({ result }) => result));

      expect(results.map(({ code }) => code).sort()).toEqual([0, 11, 11, 11, 11]);
      expect(results.find(({ code }) => code === 11)?.stderr).toContain('--wait-lock');
      // Two before the kill, the one in flight again, and the last.
      expect(server.requests('part').length - nth).toBe(5);
    }
    expect(server.files()).toHaveLength(ROUNDS);
    expect((await readdir(cli.stateDir)).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  test('make one upload of a file that all of them push, and one that waits prints the same id', async ({
    folder,
    server,
    cli,
  }) => {
    await makeFile(join(folder, 'a.bin'), 200_000);
    server.addFaults({ call: 'create', nth: 1, kind: 'hold', label: 'create' });
    const first = cli.start(push);
    await server.waitForHeld('create');
    const patient = cli.start([...push, '--wait-lock', '1m']);
    await patient.waitForStderr('waiting');
    const impatient = await cli.run(push);
    server.release('create');
    const results = await Promise.all([first.result, patient.result]);

    expect(impatient.code).toBe(11);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results[1]?.stdout).toBe(results[0]?.stdout);
    expect(server.requests('create')).toHaveLength(1);
    expect(server.files()).toHaveLength(1);
  });
});
