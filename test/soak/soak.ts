import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { createCli } from '../helpers/create-cli.ts';
import { killStorm, partsFor } from '../helpers/kill-storm.ts';
import { killWalk } from '../helpers/kill-walk.ts';
import { makeFile } from '../helpers/make-file.ts';
import { survivePowerCuts } from '../helpers/power-cut/survive-power-cuts.ts';
import { recordWork, WORKS } from '../helpers/power-cut/works.ts';
import type { Scenarios } from '../helpers/simulation/play-scenarios.ts';
import { createRandom } from '../helpers/simulation/random.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import { randomFaults } from './random-faults.ts';
import { watchMemory } from './watch-memory.ts';

/**
 * `npm run soak`: what takes too long for every run of the tests. Half an hour, and 8 GB of room in
 * the temporary folder. `-- --simulate 3600` plays the simulator alone, for so many seconds, in
 * `--processes 4` at once (default: the number of cores), and `-- --seed 17` one of its seeds.
 */
const { values: flags } = parseArgs({
  options: { simulate: { type: 'string' }, processes: { type: 'string' }, seed: { type: 'string' } },
});
const SIMULATED_SECONDS = 60;
/** More than a process plays in a week. */
const SEEDS_APART = 100_000_000;
/** States of chance after each change, beside those that are always tried. A job has thousands of these. */
const POWER_CUT_SAMPLES = { file: 40, stream: 40, job: 3, manifest: 3, split: 3, prune: 20 };
const KILLS = 300;
const SPARSE_BYTES = 8_000_000_000;
const SPARSE_PART_BYTES = 8_000_000;
const FAULT_SHARE = 0.01;

const folder = await mkdtemp(join(tmpdir(), 'openai-upload-soak-'));
try {
  if (flags.seed !== undefined) await soak('one scenario', () => simulate(Number(flags.seed)));
  else if (flags.simulate !== undefined) await soak('simulator', () => simulate());
  else await soakAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function soakAll(): Promise<void> {
  await soak('simulator', () => simulate());
  for (const work of WORKS) await soak(`power cuts, ${work}`, () => powerCuts(work));
  await soak('kill storm', storm);
  await soak('a kill at every change', walk);
  await soak('8 GB with faults', sparse);
}

/** Seeds that no run before has played, unless it is told one. */
async function simulate(seed?: number): Promise<string> {
  // In one file: what compiles the source on its way to Node makes all that runs slower. One seed, too,
  // because modules that are loaded on their own change the order of what happens.
  const outfile = 'dist/simulate.js';
  await build({
    entryPoints: ['test/soak/simulate.ts'],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });

  const first = Math.floor(Math.random() * 2 ** 31);
  const count = Number(flags.processes ?? availableParallelism());
  const fresh = Array.from({ length: count }, (_, index) => first + index * SEEDS_APART);
  const seeds = seed === undefined ? fresh : [seed];
  const seconds = seed === undefined ? String(flags.simulate ?? SIMULATED_SECONDS) : '0';
  const failed = new AbortController();
  const { signal } = failed;
  const stories = await Promise.all(
    seeds.map(async (from) => {
      // Each core has a process of its own, so threads that collect garbage beside it only cost more.
      const args = ['--single-threaded-gc', '--max-semi-space-size=64', outfile, String(from), seconds];
      return JSON.parse((await promisify(execFile)(process.execPath, args, { signal })).stdout) as Scenarios;
    }),
  ).finally(async () => {
    failed.abort();
    // All of this folder would go into the package.
    await rm(outfile, { force: true });
  });
  if (seed !== undefined) return stories.map((story) => storyOf(story)).join();
  const uploads = stories.reduce((sum, story) => sum + story.uploads, 0);
  const each = stories.map((story) => storyOf(story, Number(seconds)));
  return `${Math.round(uploads / Number(seconds))} whole uploads a second: ${each.join('; ')}`;
}

function storyOf(played: Scenarios, seconds?: number): string {
  const { firstSeed, scenarios, runs, uploads, completed, kills, failures } = played;
  const speed = seconds === undefined ? '' : ` (${Math.round(uploads / seconds)} a second)`;
  return `${scenarios} scenarios from seed ${firstSeed}, ${uploads} whole uploads${speed} in ${runs} runs: ${completed} completed, ${kills} killed, ${failures} failed`;
}

async function powerCuts(work: (typeof WORKS)[number]): Promise<string> {
  const recording = await recordWork(folder, work);
  const random = createRandom(Date.now());
  const cuts = { ...recording, folder, random, samples: POWER_CUT_SAMPLES[work], share: 1 };
  const { changes, states } = await survivePowerCuts(cuts);
  return `after ${changes} changes ${states} states, and each came to the exact files`;
}

async function storm(): Promise<string> {
  const server = await startUploadsServer({ profile: 'strict' });
  const [parts, partBytes] = [partsFor(KILLS), 5000];
  const md5 = await makeFile(join(folder, 'a.bin'), parts * partBytes);
  const { kills, stdout } = await killStorm({
    cli: createCli(folder, server),
    server,
    kills: KILLS,
    partBytes,
  });
  expectEqual('MD5 on the server', server.fileMd5(stdout.trim()), md5);
  expectEqual('files on the server', server.files().length, 1);
  const requests = server.requests('part').length;
  await server.close();
  return `${kills} kills, ${parts} parts, ${requests} part requests, no saved part sent again`;
}

async function walk(): Promise<string> {
  const server = await startUploadsServer();
  const cli = createCli(folder, server);
  let pushes = 0;
  const over = await killWalk({
    cli,
    folder,
    fileBytes: 25_000,
    from: 1,
    stride: 1,
    args: (name) => ['push', name, '--purpose', 'vision', '--part-size', '10kB', '--if-not-uploaded'],
    check: ({ step, md5, result: { code, stdout, stderr } }) => {
      pushes += 1;
      expectEqual(`exit code at change ${step} (${stderr.slice(-500)})`, code, 0);
      expectEqual(`MD5 at change ${step}`, server.fileMd5(stdout.trim()), md5);
      expectEqual(`files at change ${step}`, server.files().length, pushes);
    },
  });
  await server.close();
  return `a push makes ${over - 1} changes, and each file is there once`;
}

async function sparse(): Promise<string> {
  const faults = randomFaults(SPARSE_BYTES / SPARSE_PART_BYTES, FAULT_SHARE);
  const server = await startUploadsServer({ profile: 'strict', faults });
  await writeFile(join(folder, 'sparse.bin'), '');
  await truncate(join(folder, 'sparse.bin'), SPARSE_BYTES);
  const cli = createCli(folder, server);
  const args = [
    'push',
    'sparse.bin',
    '--purpose',
    'vision',
    '--part-size',
    String(SPARSE_PART_BYTES),
    '--json',
  ];
  const run = cli.start([...args, '--stall-timeout', '5s']);
  const memory = watchMemory(run.child.pid ?? 0);
  const { code, stdout, stderr } = await run.result;
  const residentMB = memory.stop();
  expectEqual(`exit code (${stderr.slice(-500)})`, code, 0);
  const result = JSON.parse(stdout);
  expectEqual('MD5 on the server', server.fileMd5(result.file_id), result.md5);
  server.assertAllFaultsHappened();
  await server.close();
  const [early, late] = residentMB.map((mb) => Math.round(mb));
  return `${faults.length} faults, ${result.retries} retries, ${Math.round(result.seconds)} s, resident at most ${early} MB in the first half and ${late} MB in the second`;
}

async function soak(name: string, action: () => Promise<string>): Promise<void> {
  const startedAt = performance.now();
  const outcome = await action();
  console.log(`${name}: ${outcome} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, not ${expected}`);
}
