import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test as plainTest } from 'vitest';
import type { BenchRecord } from '../bench/run-bench.ts';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';

const BENCH = fileURLToPath(new URL('../bench/bench.ts', import.meta.url));

describe('the benchmark', () => {
  plainTest('lets every contender that is on this machine send the whole file', async () => {
    const bench = startBench(['--size', '8MiB', '--json']);

    expect(await bench.ended).toEqual([0, null]);
    const { machine, sections } = JSON.parse(bench.stdout()) as BenchRecord;
    expect(machine).toMatchObject({ node: process.versions.node });
    const [throughput] = sections;
    const notes = new Map(throughput?.rows.map(({ contender, note }) => [contender, note]));
    expect([...notes.keys()]).toEqual(
      expect.arrayContaining(['ours', 'ours --no-md5', 'curl × 8', 'md5sum']),
    );
    expect(notes.get('ours')).toBeNull();
    expect([...notes.values()].filter((note) => note && !`${note}`.startsWith('not on this'))).toEqual([]);
    expect(Object.keys(throughput?.figures ?? {})).toContain('pushToMd5sum');
  });

  test.skipIf(lacks('signals'))('leaves nothing behind when it is stopped', async ({ folder }) => {
    const bench = startBench(['--size', '64MiB'], { TMPDIR: folder });
    while (!bench.stderr().includes('round 1')) await once(bench.child.stderr, 'data');

    bench.child.kill('SIGINT');

    expect(await bench.ended).toEqual([130, null]);
    expect((await readdir(folder)).filter((name) => name.startsWith('openai-upload'))).toEqual([]);
  });
});

function startBench(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), BENCH, '--only', 'throughput', '--rounds', '1', ...args],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, ended: once(child, 'close') };
}
