import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mayMount } from '../../helpers/may-mount.ts';
import { startProxy } from '../../helpers/proxy.ts';
import { recordOf } from '../../helpers/record.ts';
import { runMain } from '../../helpers/run-main.ts';
import { sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServerOptions } from '../../helpers/uploads-server/uploads-server.ts';

const pem = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../samples/tls/${name}`, import.meta.url)), 'utf8');
const TLS = { key: pem('server.key'), cert: pem('server.pem') };

async function setUp(options: UploadsServerOptions = {}) {
  const server = await startUploadsServer(options);
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const stateDir = join(folder, 'state');
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: stateDir,
  };
  const doctor = async (more: NodeJS.ProcessEnv = {}, ...flags: string[]) => {
    const { code, stdout, stderr } = await runMain(['doctor', '--json', ...flags], {
      env: { ...env, ...more },
    });
    const checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { code, stderr, checks, states: checks.map(({ check, status }) => `${check} ${status}`) };
  };
  return { server, folder, stateDir, env, doctor };
}

const failing = (checks: readonly { status: string }[]) => checks.find(({ status }) => status === 'failed');

describe('doctor', () => {
  it('prints a line for each check, and changes nothing on the server', async () => {
    const { server, env } = await setUp();
    const { code, stdout, stderr } = await runMain(['doctor'], { env });

    const { host } = new URL(server.baseUrl);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^ok {6}settings .*\(OPENAI_BASE_URL\).*key from OPENAI_API_KEY/),
      expect.stringMatching(/^ok {6}state {4}.*can be written, [\d.]+ GB free$/),
      'ok      proxy    none',
      `ok      tls      ${host}, without TLS`,
      "ok      clock    the same as the server's",
      `ok      key      accepted by ${host}`,
      '',
    ]);
    expect(stdout).not.toContain(server.apiKey);
    expect(server.requests().map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('ends with the code of the signal that stopped it, whatever failed before', async () => {
    const { folder, env } = await setUp();
    const stop = new AbortController();
    const server = createServer(() => stop.abort('SIGTERM')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await writeFile(join(folder, 'file'), '');

    const { code, stdout } = await runMain(['doctor', '--json'], {
      env: {
        ...env,
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
        OPENAI_UPLOAD_STATE_DIR: join(folder, 'file'),
      },
      signal: stop.signal,
    });

    const failed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ status }) => status === 'failed');
    expect(failed[0].check).toBe('state');
    expect(failed.at(-1).error).toEqual({ code: 'interrupted', exit_code: 143 });
    expect(code).toBe(143);
  });

  it('does not show the values in the query of the base URL, which may hold a secret', async () => {
    const { server, doctor } = await setUp();
    const { code, checks } = await doctor({ OPENAI_BASE_URL: `${server.baseUrl}?code=s3cret` });

    expect([code, checks[0].message]).toEqual([
      0,
      expect.stringContaining(`baseUrl ${server.baseUrl}?code=[secret] (`),
    ]);
    expect(JSON.stringify(checks)).not.toContain('s3cret');
  });

  it('measures the link with an upload that it cancels, and says what fits', async () => {
    const { server, doctor } = await setUp({ uploadLifetimeSeconds: 86_400 });
    const { code, checks } = await doctor({}, '--upload', '5MB');

    expect([code, checks.at(-1)]).toEqual([
      0,
      expect.objectContaining({
        check: 'upload',
        message: expect.stringMatching(/^.*\/s: a file of .* fits into the 24 h of an upload$/),
        fits_bytes: 8_000_000_000,
      }),
    ]);
    expect(server.uploads().map(({ status, bytes }) => [status, bytes])).toEqual([['cancelled', 5_000_000]]);
    expect(server.requests('part')).toHaveLength(5);
  });

  it('says that the lifetime of an upload is unknown', async () => {
    const { doctor } = await setUp({ profile: 'no-times' });
    const { checks } = await doctor({}, '--upload', '5MB');
    const message = 'can be sent in an hour; the server does not say how long an upload lives';
    expect(checks.at(-1)).toMatchObject({ check: 'upload', message: expect.stringContaining(message) });
  });

  it('cancels that upload also when it cannot be sent', async () => {
    const { server, doctor } = await setUp({
      faults: [{ call: 'part', nth: 'every', kind: 'status', status: 400 }],
    });
    const { code, checks } = await doctor({}, '--upload', '5MB');

    expect([code, failing(checks)]).toEqual([6, expect.objectContaining({ check: 'upload' })]);
    expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled']);
  });
});

describe('doctor finds', () => {
  it.each([
    ['a wrong key', { OPENAI_API_KEY: 'sk-wrong-12345' }, 7, 'key'],
    ['no key', { OPENAI_API_KEY: '' }, 2, 'key'],
    ['a key in quotes', { OPENAI_API_KEY: '"sk-12345678"' }, 2, 'key'],
    ['a key command that fails', { OPENAI_API_KEY: '', OPENAI_API_KEY_COMMAND: 'exit 1' }, 7, 'key'],
    ['a server that is not there', { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, 5, 'tls'],
    ['a base URL that is none', { OPENAI_BASE_URL: 'ftp://a.example' }, 2, 'settings'],
    ['a state directory that cannot be', { OPENAI_UPLOAD_STATE_DIR: import.meta.filename }, 10, 'state'],
  ])('%s', async (_, env, exitCode, name) => {
    const { doctor } = await setUp();
    const { code, checks } = await doctor(env);
    expect([code, failing(checks)]).toEqual([
      exitCode,
      expect.objectContaining({ check: name, error: expect.objectContaining({ exit_code: exitCode }) }),
    ]);
  });

  it('a key that is refused, by a question in words of its own', async () => {
    const { doctor } = await setUp();
    const { checks } = await doctor({ OPENAI_API_KEY: 'sk-wrong-12345' });
    expect(failing(checks)).toMatchObject({ message: expect.stringMatching(/^listing files failed: .*401/) });
  });

  it('a clock that is off, and goes on', async () => {
    const { server, doctor } = await setUp();
    server.setClockOffset(-600_000);
    const { code, checks, states } = await doctor();
    expect([code, failing(checks)]).toEqual([
      2,
      expect.objectContaining({
        check: 'clock',
        message: expect.stringMatching(/^the clock is \d+ s ahead/),
      }),
    ]);
    expect(states.at(-1)).toBe('key ok');
  });

  it('a certificate that somebody in between has made', async () => {
    const { doctor } = await setUp({ tls: TLS });
    const { code, checks, states } = await doctor();
    expect([code, failing(checks)]).toEqual([
      5,
      expect.objectContaining({ check: 'tls', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') }),
    ]);
    expect(states.slice(-2)).toEqual(['clock skipped', 'key skipped']);
  });

  it('a proxy that refuses', async () => {
    const { doctor } = await setUp({ tls: TLS });
    const proxy = await startProxy({ status: 403 });
    onTestFinished(() => proxy.close());
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    const { code, checks, states } = await doctor();
    expect([code, failing(checks)]).toEqual([
      5,
      expect.objectContaining({ check: 'proxy', message: expect.stringContaining('the proxy 127.0.0.1') }),
    ]);
    expect(states.slice(-3)).toEqual(['tls skipped', 'clock skipped', 'key skipped']);
  });

  it('an upload that another process is working on', async () => {
    const { stateDir, doctor } = await setUp();
    const session = await sessionsIn(stateDir).create(recordOf(), {
      waitMs: 0,
      signal: new AbortController().signal,
      onWait: () => undefined,
    });
    onTestFinished(() => session.release());
    const { code, checks } = await doctor();
    expect([code, failing(checks)]).toEqual([
      11,
      expect.objectContaining({ check: 'state', message: expect.stringContaining('is locked: process') }),
    ]);
  });

  it.skipIf(!mayMount())('a disk that is full, or read-only', async () => {
    const { stateDir, doctor } = await setUp();
    await mkdir(stateDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', stateDir]);
    onTestFinished(() => void execFileSync('umount', ['-l', stateDir]));
    await writeFile(join(stateDir, 'rest'), Buffer.alloc(40_000));

    const full = await doctor();
    expect([full.code, failing(full.checks)]).toEqual([
      10,
      expect.objectContaining({ check: 'state', hint: expect.stringContaining('Free some space') }),
    ]);
    execFileSync('mount', ['-o', 'remount,ro', stateDir]);
    expect((await doctor()).code).toBe(10);
  });
});
