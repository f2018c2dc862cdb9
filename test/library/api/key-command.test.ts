import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runKeyCommand } from '../../../src/api/key-command.ts';
import { createRedactor } from '../../../src/api/redact.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const NOW_MS = 1_800_000_000_000;

function run(command: string, signal = new AbortController().signal, now = () => NOW_MS) {
  const { redact, add } = createRedactor({ headers: {} });
  const source = { type: 'command', command, setBy: '--key-command' } as const;
  return runKeyCommand(source, { signal, now, redact, onSecret: add });
}

/** Node, by the shell of any system. */
const node = (script: string) => `"${process.execPath}" -e "${script}"`;

describe('a key command of any shell', () => {
  it.each([
    ['echo sk-12345678', { key: 'sk-12345678' }],
    [node("console.log(JSON.stringify({ token: 'tok-1' }))"), { key: 'tok-1' }],
    [
      node("console.log(JSON.stringify({ token: 'tok-1', expires_at: 1800000060 }))"),
      { key: 'tok-1', lifetimeMs: 60_000 },
    ],
  ])('%s', async (command, issued) => {
    expect(await run(command)).toEqual(issued);
  });

  it.each([
    ['exit 3', 'the key command of --key-command failed: exit code 3'],
    [node("console.error('vault is sealed'); process.exit(1)"), 'exit code 1: vault is sealed'],
    [node(''), 'it printed no key'],
    ['no-such-command-here', 'exit code '],
  ])('fails: %s', async (command, message) => {
    const error = await run(command).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'authentication', isRetryable: false });
    expect(String(error)).toContain(message);
  });

  it('ends with the program that its shell has started, when it is stopped', async () => {
    const pid = join(await temporaryFolder(), 'pid');
    // A backslash would begin an escape in the script.
    const path = pid.replaceAll('\\', '/');
    const script = `fs.writeFileSync('${path}.part', '' + process.pid); fs.renameSync('${path}.part', '${path}'); setInterval(() => {}, 1000)`;
    const stop = new AbortController();
    const running = run(node(script), stop.signal);
    await until(() => existsSync(pid));
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await expectGone(Number(await readFile(pid, 'utf8')));
  });
});

describe.skipIf(lacks('shell'))('a key command', () => {
  it.each([
    ['printf "\\n sk-12345678 \\r\\n"', { key: 'sk-12345678' }],
    ['echo \'{"token":"tok-1"}\'', { key: 'tok-1' }],
    ['echo \'{"token":"tok-1","expires_at":null}\'', { key: 'tok-1' }],
    ['echo \'{"token":"tok-1","expires_at":1800000060}\'', { key: 'tok-1', lifetimeMs: 60_000 }],
    ['echo \'{"token":"tok-1","expires_at":"1800000060"}\'', { key: 'tok-1', lifetimeMs: 60_000 }],
    ['echo \'{"token":"tok-1","expires_at":1700000000}\'', { key: 'tok-1' }],
  ])('%s', async (command, issued) => {
    expect(await run(command)).toEqual(issued);
  });

  it.each([
    ['echo "vault is sealed" >&2; exit 1', 'exit code 1: vault is sealed'],
    ['kill -9 $$', 'failed: SIGKILL'],
    ['true', 'it printed no key'],
    ['head -c 100000 /dev/zero | tr "\\0" a', 'it printed more than a key'],
    ['echo "{"', 'begins like JSON, but is none'],
    ['echo \'{"accessToken":"tok-12345678"}\'', 'has no text in "token"'],
    ['echo \'{"token":"tok-1","expires_at":"2026-11-28"}\'', 'is not in Unix seconds'],
    ['no-such-command-here', 'exit code 127'],
  ])('fails: %s', async (command, message) => {
    const error = await run(command).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'authentication', isRetryable: false });
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('tok-');
  });

  it('takes its own time off the lifetime of the token', async () => {
    const done = join(await temporaryFolder(), 'done');
    const command = `touch ${done}; echo '{"token":"tok-1","expires_at":1800000060}'`;
    const now = () => NOW_MS + (existsSync(done) ? 10_000 : 0);
    expect(await run(command, undefined, now)).toEqual({ key: 'tok-1', lifetimeMs: 50_000 });
  });

  it('shows nothing secret of what it said when it failed', async () => {
    const said =
      'set -x; curl -H "Authorization: Bearer abcdefgh" sk-proj-12345678; echo plain-secret; exit 1';
    const error = await run(`curl() { :; }; ${said}`).catch((failure: unknown) => failure);
    expect(String(error)).toContain('exit code 1');
    for (const secret of ['abcdefgh', 'sk-proj-12345678', 'plain-secret'])
      expect(String(error)).not.toContain(secret);
  });

  it('ends with all that it has started, when it is done', async () => {
    const folder = await temporaryFolder();
    const pid = join(folder, 'pid');
    expect(await run(`sleep 1000 & echo $! > ${pid}; echo sk-12345678`)).toEqual({ key: 'sk-12345678' });
    await expectGone(Number(await readFile(pid, 'utf8')));
  });

  it('ends with all that it has started, when it is stopped', async () => {
    const pid = join(await temporaryFolder(), 'pid');
    const stop = new AbortController();
    const running = run(`sleep 1000 & echo $! > ${pid}.part; mv ${pid}.part ${pid}; wait`, stop.signal);
    await until(() => existsSync(pid));
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await expectGone(Number(await readFile(pid, 'utf8')));
  });
});

/** A process that was killed is there until its new parent has noticed. */
async function expectGone(pid: number): Promise<void> {
  await until(() => {
    try {
      process.kill(pid, 0);
      return /^State:\s+Z/m.test(readState(pid));
    } catch {
      return true;
    }
  });
}

function readState(pid: number): string {
  return existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
