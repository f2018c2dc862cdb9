import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

async function makePipe() {
  const path = join(await temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

describe.skipIf(lacks('pipes'))('a list that is a pipe', () => {
  it('is waited for until a signal comes', async () => {
    const stop = new AbortController();
    const run = runMain(['check', '--files-from', await makePipe(), '--purpose', 'batch', '--json'], {
      signal: stop.signal,
    });
    setImmediate(() => stop.abort('SIGTERM'));

    const { code, stdout } = await run;
    expect([code, JSON.parse(stdout).error.code]).toEqual([143, 'interrupted']);
  });

  it('is read to its end, whenever its writer comes and however much it writes', async () => {
    const path = await makePipe();
    const writer = spawn('bash', ['-c', 'read -r; exec > "$0"; seq 100000; seq 100000', path]);
    const run = runMain(['check', '--files-from', path, '--shard', '1/4000000000', '--purpose', 'batch']);
    setImmediate(() => writer.stdin.end('\n'));
    expect((await run).stderr).toContain('has none of 200000 files');
  });

  it('is empty when its writer writes nothing', async () => {
    const path = await makePipe();
    spawn('bash', ['-c', ': > "$0"', path]);
    const { code, stderr } = await runMain(['check', '--files-from', path, '--purpose', 'batch']);
    expect([code, stderr]).toEqual([0, 'nothing to check: the list is empty\n']);
  });
});

describe.skipIf(lacks('pipes'))('--output to a pipe', () => {
  it('that nobody reads is a failure at once', async () => {
    const { code, stderr } = await runMain(['push', 'a', '--purpose', 'x', '--output', await makePipe()]);
    expect([code, stderr]).toEqual([10, expect.stringMatching(/pipe cannot be written: ENXIO/)]);
  });
});
