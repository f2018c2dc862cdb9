import { copyFile, cp, mkdir, open, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { documentedCommands } from '../helpers/documented-commands.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { ROOT, readDocument } from '../helpers/markdown.ts';
import { startProxy } from '../helpers/proxy.ts';
import { runDocumented, startDocumented } from '../helpers/run-documented.ts';
import { hasProgram } from '../helpers/shells/offers.ts';
import type { Fault, FaultEffect } from '../helpers/uploads-server/fault.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const commands = documentedCommands(await readDocument('docs/ci.md'));
/** The one command of docs/ci.md that holds the text. */
function documented(part: string): string {
  const found = commands.filter(({ text }) => text.includes(part));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

const PUSH = ['push', 'big.jsonl', '--purpose', 'batch'];
/** Not worth another attempt, by the server's own word. */
const trouble = (status: number): FaultEffect => ({
  kind: 'status',
  status,
  headers: { 'x-should-retry': 'false' },
});

describe.skipIf(lacks('shell'))('the script of docs/ci.md', () => {
  const script = documented('upload.sh FILE PURPOSE');

  interface Row {
    readonly when: string;
    readonly faults: readonly Fault[];
    readonly code: number;
    readonly calls: { readonly create: number; readonly part: number };
    readonly sleeps: string;
  }
  const gone = { kind: 'status', status: 404, body: { error: { message: 'No such upload' } } } as const;
  const rows: readonly Row[] = [
    { when: 'nothing happens', faults: [], code: 0, calls: { create: 1, part: 1 }, sleeps: '' },
    {
      when: 'a part fails twice: it resumes',
      faults: [{ call: 'part', nth: 1, times: 2, ...trouble(500) }],
      code: 0,
      calls: { create: 1, part: 3 },
      sleeps: '15\n30\n',
    },
    {
      when: 'there is no upload yet to resume: it pushes',
      faults: [{ call: 'create', nth: 1, ...trouble(503) }],
      code: 0,
      calls: { create: 2, part: 1 },
      sleeps: '15\n',
    },
    {
      when: 'the upload is gone: it pushes a new one',
      faults: [{ call: 'part', nth: 1, times: 2, ...gone }],
      code: 0,
      calls: { create: 2, part: 3 },
      sleeps: '15\n',
    },
    {
      when: 'the server stays in trouble: it gives up after four tries',
      faults: [{ call: 'part', nth: 'every', ...trouble(500) }],
      code: 5,
      calls: { create: 1, part: 4 },
      sleeps: '15\n30\n45\n',
    },
    {
      when: 'the key is refused: it stops',
      faults: [{ call: 'create', nth: 1, ...trouble(401) }],
      code: 7,
      calls: { create: 1, part: 0 },
      sleeps: '',
    },
    {
      when: 'the request is refused: it stops',
      faults: [{ call: 'create', nth: 1, ...trouble(400) }],
      code: 6,
      calls: { create: 1, part: 0 },
      sleeps: '',
    },
    {
      when: 'nobody knows whether there is a file: it stops',
      faults: [
        { call: 'complete', nth: 1, kind: 'reset', when: 'after-work' },
        { call: 'listFiles', nth: 'every', kind: 'status', status: 404 },
      ],
      code: 12,
      calls: { create: 1, part: 1 },
      sleeps: '',
    },
  ];

  test.for(rows.map((row) => [row.when, row] as const))(
    'when %s',
    async ([, { faults, ...expected }], { folder, server, cli }) => {
      await writeBatchFile(join(folder, 'big.jsonl'), 5000);
      server.addFaults(...faults);
      const sleep = `echo "$1" >> '${join(folder, 'sleeps')}'`;
      await writeFile(join(folder, 'sleeps'), '');

      const args = ['big.jsonl', 'batch'];
      const { code, stdout } = await runDocumented(script, { folder, cli, args, sleep });

      expect({
        code,
        calls: { create: server.requests('create').length, part: server.requests('part').length },
        sleeps: await readFile(join(folder, 'sleeps'), 'utf8'),
      }).toEqual({ code: expected.code, calls: expected.calls, sleeps: expected.sleeps });
      expect(stdout).toBe(code === 0 ? `${server.files()[0]?.id}\n` : '');
    },
  );

  test('when another process has the upload: it prints the file of that process, and makes no second one', async ({
    folder,
    server,
    cli,
  }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'other' });
    const other = cli.start(PUSH);
    await server.waitForHeld('other');
    const gate = join(folder, 'gate');
    await runDocumented(`mkfifo '${gate}' # openai-upload`, { folder, cli });
    const args = ['big.jsonl', 'batch'];
    const sleep = `read -r line < '${gate}' || :`;
    const { result } = await startDocumented(script, { folder, cli, args, sleep });

    // Opens when the script opens its end, which is in its first sleep.
    const opened = await open(gate, 'w');
    server.release('other');
    const { stdout: id } = await other.result;
    await opened.close();

    expect(await result).toMatchObject({ code: 0, stdout: id });
    expect(server.files()).toHaveLength(1);
  });

  test('when the file is not there: it stops, and asks nobody', async ({ folder, server, cli }) => {
    const { code } = await runDocumented(script, { folder, cli, args: ['big.jsonl', 'batch'] });

    expect({ code, requests: server.requests() }).toEqual({ code: 3, requests: [] });
  });
});

describe('a job that has the state directory of another', () => {
  test('continues a file that is the same but for times and inode, also with a lock of the old machine', async ({
    folder,
    server,
    cli,
  }) => {
    const id = await leaveHalfDone(folder, server, cli);
    await checkOutAgain(folder);
    await moveThroughCache(folder);
    const lock = { token: 'x', pid: 1, host: 'the-runner-of-yesterday', started: null };
    const lockPath = join(cli.stateDir, `${id}.lock`);
    await writeFile(lockPath, JSON.stringify(lock));
    const before = server.requests('part').length;

    expect(await cli.run(PUSH)).toMatchObject({ code: 11 });
    await utimes(lockPath, Date.now() / 1000 - 120, Date.now() / 1000 - 120);
    const { code, stderr } = await cli.run(PUSH);

    expect(code).toBe(0);
    expect(stderr).toContain('checking that the parts already sent have not changed');
    expect(stderr).toContain('1 of 2 parts');
    expect(server.requests('part')).toHaveLength(before + 1);
    expect(server.uploads()).toHaveLength(1);
  });

  test('says of a file with other bytes what has changed, and pushes it again', async ({
    folder,
    server,
    cli,
  }) => {
    const id = await leaveHalfDone(folder, server, cli);
    const path = join(folder, 'big.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).replace('request-1', 'request-2'));

    expect(await cli.run(['resume', id])).toMatchObject({ code: 4 });
    const { code, stderr } = await cli.run(PUSH);

    expect(code).toBe(0);
    expect(stderr).toMatch(/cannot be continued: .* changed after .*; starting a new upload/);
    expect(server.uploads()).toHaveLength(2);
  });

  test('at another path begins anew, and cannot resume', async ({ folder, server, cli }) => {
    const id = await leaveHalfDone(folder, server, cli);
    await mkdir(join(folder, 'elsewhere'));
    await rename(join(folder, 'big.jsonl'), join(folder, 'elsewhere', 'big.jsonl'));

    expect(await cli.run(['resume', id])).toMatchObject({ code: 3 });
    expect(await cli.run(['push', 'elsewhere/big.jsonl', ...PUSH.slice(2)])).toMatchObject({ code: 0 });
    expect(server.uploads()).toHaveLength(2);
  });

  test('after the hour pushes anew, or ends with 8 when it resumes', async ({ folder, server, cli }) => {
    const id = await leaveHalfDone(folder, server, cli);
    const path = join(cli.stateDir, `${id}.json`);
    const record = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...record, expiresAt: record.expiresAt - 7200 }));

    expect(await cli.run(['resume', id])).toMatchObject({ code: 8 });
    const { code, stderr } = await cli.run(PUSH);

    expect(code).toBe(0);
    expect(stderr).toContain('expired');
    expect(server.uploads()).toHaveLength(2);
  });

  test('finds no key in it', async ({ folder, server, cli }) => {
    const id = await leaveHalfDone(folder, server, cli);

    const record = await readFile(join(cli.stateDir, `${id}.json`), 'utf8');
    expect(record).not.toContain(server.apiKey);
    expect(JSON.parse(record).source.path).toContain(folder);
  });
});

describe.skipIf(lacks('shell', 'signals'))('a job that is stopped', () => {
  const stopped = 'What the server has acknowledged is saved.';

  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s to its shell, after `exec`, ends with %i',
    async ([signal, code], { folder, server, cli }) => {
      await writeBatchFile(join(folder, 'big.jsonl'), 5000);
      server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'stuck' });
      const { child, result } = await startDocumented(documented('exec '), { folder, cli });
      await server.waitForHeld('stuck');

      child.kill(signal);

      expect(await result).toMatchObject({ code, stderr: expect.stringContaining(stopped) });
      server.release('stuck');
    },
  );

  test('by `timeout` ends with 143', async ({ folder, server, cli, skip }) => {
    skip(!hasProgram('timeout'), 'there is no timeout of GNU, as on macOS');
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'stuck' });
    const script = documented('timeout ').replace(' 50m ', ' 5s ');

    expect(await runDocumented(script, { folder, cli })).toMatchObject({ code: 143 });
    server.release('stuck');
  });
});

describe('the key', () => {
  test.skipIf(lacks('shell'))(
    'is in no output, with `set -x` and --verbose',
    async ({ folder, server, cli }) => {
      await writeBatchFile(join(folder, 'big.jsonl'), 5000);

      const { code, stdout, stderr } = await runDocumented(`set -x; ${documented('--verbose')}`, {
        folder,
        cli,
      });

      expect(code).toBe(0);
      expect(stderr).toContain('POST ');
      expect(stdout + stderr).not.toContain(server.apiKey);
    },
  );

  test.skipIf(lacks('shell')).for([
    ['vault', '[ "$*" = "kv get -field=key secret/openai" ] && echo "$KEY"'],
    ['op', '[ "$*" = "read op://ci/openai/key" ] && echo "$KEY"'],
    ['pass', '[ "$*" = "show openai/ci" ] && printf "%s\\nurl: x\\n" "$KEY"'],
    ['az', 'echo "{\\"token\\": \\"$KEY\\", \\"expires_at\\": 4000000000}"'],
  ] as const)('comes from %s', async ([name, work], { folder, server, cli }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${work}\n`, { mode: 0o755 });
    const script = documented(name === 'az' ? 'az account' : `'${name} `).replace(
      /^export OPENAI_BASE_URL.*\n/,
      '',
    );
    const env = { OPENAI_API_KEY: '', KEY: server.apiKey };

    const { code, stderr } = await runDocumented(script, { folder, cli, env });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).not.toContain(server.apiKey);
  });

  test('that is missing ends the job with 2, and nothing is sent', async ({ folder, server, cli }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);

    const { code } = await cli.run(PUSH, { OPENAI_API_KEY: '' });

    expect({ code, requests: server.requests() }).toEqual({ code: 2, requests: [] });
  });
});

test.skipIf(lacks('shell'))(
  'the proxy and the certificate of docs/ci.md are used',
  async ({ folder, cli }) => {
    const samples = join(ROOT, 'test/samples/tls');
    const [key, cert] = await Promise.all(
      ['server.key', 'server.pem'].map((name) => readFile(join(samples, name), 'utf8')),
    );
    const secure = await startUploadsServer({ tls: { key: key ?? '', cert: cert ?? '' } });
    const proxy = await startProxy({ user: 'ann:secret' });
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    await copyFile(join(samples, 'ca.pem'), join(folder, 'company-ca.pem'));
    const script = documented('HTTPS_PROXY=').replace('http://proxy.example:3128', proxy.url);

    const env = { OPENAI_BASE_URL: secure.baseUrl, OPENAI_API_KEY: secure.apiKey };
    const { code, stdout } = await runDocumented(script, { folder, cli, env });

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${secure.files()[0]?.id}\n` });
    expect(proxy.targets.length).toBeGreaterThan(0);
    await Promise.all([secure.close(), proxy.close()]);
  },
);

/** The same bytes in a new file. */
async function checkOutAgain(folder: string): Promise<void> {
  const path = join(folder, 'big.jsonl');
  await copyFile(path, `${path}.new`);
  await rename(`${path}.new`, path);
  await utimes(path, 1_700_000_000, 1_700_000_000);
}

async function moveThroughCache(folder: string): Promise<void> {
  const [state, cache] = [join(folder, 'state'), join(folder, 'cache')];
  await cp(state, cache, { recursive: true });
  await rm(state, { recursive: true });
  await rename(cache, state);
}

/** An upload of which one of two parts is acknowledged. @returns its id */
async function leaveHalfDone(folder: string, server: UploadsServer, cli: Cli): Promise<string> {
  await writeBatchFile(join(folder, 'big.jsonl'), 5000);
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  const flags = ['--part-size', '2500', '--concurrency', '1', '--retries', '0'];
  expect(await cli.run([...PUSH, ...flags])).toMatchObject({ code: 5 });
  return server.uploads()[0]?.id ?? '';
}
