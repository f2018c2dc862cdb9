import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { parseCliOptions } from '../../helpers/uploads-server/cli-options.ts';
import { temporaryDirectory } from './client.ts';

const cliPath = fileURLToPath(new URL('../../helpers/uploads-server/cli.ts', import.meta.url));

describe('the options', () => {
  it('become the server’s', async () => {
    const faults = join(await temporaryDirectory(), 'faults.json');
    await writeFile(faults, '{"kind":"garble","call":"create","nth":1}');
    const line = `--profile azure --port 0 --store d --api-key k --bytes-per-second 10 --total-bytes-per-second 20 --latency-ms 40 --lifetime 30`;
    expect(parseCliOptions([...line.split(' '), '--faults', faults])).toEqual({
      profile: 'azure',
      port: 0,
      storeDirectory: 'd',
      apiKey: 'k',
      bytesPerSecond: 10,
      totalBytesPerSecond: 20,
      latencyMs: 40,
      uploadLifetimeSeconds: 30,
      faults: [{ kind: 'garble', call: 'create', nth: 1 }],
    });
    expect(parseCliOptions([])).toEqual({ port: 8080 });
    expect(parseCliOptions(['--help'])).toBe('help');
  });

  it.each([
    [['--port', '70000'], /--port must be/],
    [['--bytes-per-second', '0'], /--bytes-per-second must be/],
    [['--profile', 'azur'], /--profile must be one of openai, azure/],
    [['--lifetime', 'long'], /--lifetime must be/],
    [['--store', ''], /--store/],
    [['--faults', '/nowhere.json'], /--faults \/nowhere\.json/],
    [['--speed', '1'], /--speed/],
    [['extra'], /extra/],
  ])('are refused: %j', (args, message) => {
    expect(() => parseCliOptions(args)).toThrow(message);
  });
});

describe('the command', () => {
  it.skipIf(lacks('signals'))('serves until SIGTERM, and keeps the store it was given', async () => {
    const store = await temporaryDirectory();
    const command = run(['--port', '0', '--store', store]);
    const [printed] = await once(command.stdout ?? process.stdin, 'data');
    const baseUrl = /export OPENAI_BASE_URL=(\S+) OPENAI_API_KEY=sk-test-key/.exec(String(printed))?.[1];
    const reply = await request(`${baseUrl}/files`, { headers: { authorization: 'Bearer sk-test-key' } });
    expect(await reply.body.json()).toMatchObject({ object: 'list' });
    command.kill('SIGTERM');
    expect(await once(command, 'exit')).toEqual([0, null]);
    expect(await readdir(store)).toEqual([]);
  });

  it('exits with 2 and a reason for a bad value', async () => {
    const command = run(['--port', 'x']);
    const reason = once(command.stderr ?? process.stdin, 'data');
    expect(await once(command, 'exit')).toEqual([2, null]);
    expect(String(await reason)).toMatch(/--port must be/);
  });
});

function run(args: readonly string[]): ChildProcess {
  const command = spawn(process.execPath, ['--import', 'tsx', cliPath, ...args]);
  onTestFinished(() => void command.kill('SIGKILL'));
  return command;
}
