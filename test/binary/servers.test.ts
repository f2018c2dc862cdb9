import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacks } from '../helpers/lacks.ts';
import { makeFile } from '../helpers/make-file.ts';
import { expectWhole, onServerStage, type ServerStage, stopHalfWay } from '../helpers/server-stage.ts';
import { PROFILE_NAMES, type ProfileName } from '../helpers/uploads-server/server-profile.ts';

const ONE_AT_A_TIME = ['--concurrency', '1'];

/** Killed when the server has a part whose response has not come: the worst that a kill can do. */
async function resumeKilled(stage: ServerStage): Promise<void> {
  const { server, cli, push, resume } = stage;
  server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'taken' });
  const run = cli.start([...push, ...ONE_AT_A_TIME]);
  await server.waitForHeld('taken');
  run.child.kill('SIGKILL');
  expect((await run.result).signal).toBe('SIGKILL');
  server.release('taken');

  const { code, stdout, stderr } = await cli.run([
    ...resume(server.uploads()[0]?.id ?? ''),
    ...ONE_AT_A_TIME,
  ]);

  expect(code, stderr).toBe(0);
  expectWhole(stage, stdout);
  if (server.profile.surplus !== null) expect(stderr).toContain('starting a new upload');
}

const STOPPED = 'a push that was stopped is resumed';

function isMissing(title: string): boolean {
  return title === STOPPED && lacks('signals');
}

/** What has to go well with every server. */
const SCENES: Readonly<Record<string, (stage: ServerStage) => Promise<void>>> = {
  async 'several files are pushed'(stage) {
    const { folder, server, cli, push } = stage;
    for (const name of ['b.bin', 'c.bin']) await makeFile(join(folder, name), 2000);

    const { code, stdout, stderr } = await cli.run([...push, 'b.bin', 'c.bin']);

    expect(code, stderr).toBe(0);
    const ids = stdout.trimEnd().split('\n');
    const nameOf = (id: string) => server.files().find((file) => file.id === id)?.filename;
    expect(ids.map(nameOf)).toEqual(['a.bin', 'b.bin', 'c.bin']);
    expectWhole(stage, `${ids[0]}\n`);
  },

  async [STOPPED](stage) {
    const { server, cli, push, resume } = stage;
    server.addFaults({ call: 'part', nth: 2, kind: 'hold', label: 'second' });
    const run = cli.start([...push, ...ONE_AT_A_TIME]);
    await server.waitForHeld('second');
    run.child.kill('SIGTERM');
    await run.waitForStderr('stopping');
    server.release('second');
    expect((await run.result).code).toBe(143);

    const { code, stdout, stderr } = await cli.run(resume(server.uploads()[0]?.id ?? ''));

    expect(code, stderr).toBe(0);
    expectWhole(stage, stdout);
    expect(server.requests('part')).toHaveLength(4);
  },

  async 'a push that was killed is pushed again'(stage) {
    const { server, cli, push } = stage;
    server.addFaults({ call: 'part', nth: 3, kind: 'hang', when: 'body', afterBytes: 500 });
    const run = cli.start([...push, ...ONE_AT_A_TIME]);
    await server.waitFor((requests) => requests.some(({ fault }) => fault === 'hang'));
    run.child.kill('SIGKILL');
    expect((await run.result).signal).toBe('SIGKILL');

    const { code, stdout, stderr } = await cli.run(push);

    expect(code, stderr).toBe(0);
    expectWhole(stage, stdout);
    expect(server.requests('create')).toHaveLength(1);
    expect(server.requests('part')).toHaveLength(5);
  },

  async 'an upload is cancelled, twice'(stage) {
    const { server, cli, cancel, resume } = stage;
    const uploadId = await stopHalfWay(stage);

    const codes = [(await cli.run(cancel(uploadId))).code, (await cli.run(cancel(uploadId))).code];

    expect([...codes, server.upload(uploadId)?.status]).toEqual([0, 0, 'cancelled']);
    expect((await cli.run(resume(uploadId))).code).toBe(8);
  },

  async 'a lost answer to cancel does no harm'(stage) {
    const { server, cli, cancel } = stage;
    const uploadId = await stopHalfWay(stage);
    server.addFaults({ call: 'cancel', nth: 1, kind: 'reset', when: 'after-work' });

    const { code, stderr } = await cli.run(cancel(uploadId));

    expect([code, server.upload(uploadId)?.status], stderr).toEqual([0, 'cancelled']);
  },

  async 'a lost answer to complete makes no second file'(stage) {
    const { folder, server, cli, push } = stage;
    await makeFile(join(folder, 'old.bin'), 2000);
    // Long before, so that whoever reads the list from its wrong end comes upon it first.
    server.setClockOffset(-600_000);
    expect((await cli.run(push.map((word) => (word === 'a.bin' ? 'old.bin' : word)))).code).toBe(0);
    server.setClockOffset(0);
    server.addFaults({ call: 'complete', nth: 2, kind: 'reset', when: 'after-work' });

    const { code, stdout, stderr } = await cli.run(push);

    expect(code, stderr).toBe(0);
    expectWhole(stage, stdout);
    expect(server.requests('complete')).toHaveLength(2);
  },

  async 'a server in trouble is asked again'(stage) {
    const { server, cli, push } = stage;
    const trouble = { kind: 'status', status: 503, headers: { 'retry-after-ms': '1' } } as const;
    server.addFaults(
      { call: 'create', nth: 1, ...trouble },
      { call: 'part', nth: 2, times: 2, ...trouble },
      { call: 'complete', nth: 1, ...trouble },
    );

    const { code, stdout, stderr } = await cli.run(push);

    expect([code, stderr]).toEqual([0, expect.stringContaining('trying again')]);
    expectWhole(stage, stdout);
  },

  async 'an upload that has expired is begun anew'(stage) {
    const { server, cli, push, resume } = stage;
    const uploadId = await stopHalfWay(stage);
    const { createdAt, expiresAt } = await cli.record(uploadId);
    expect(expiresAt - createdAt).toBe(server.profile.uploadLifetimeSeconds);
    server.expireUpload(uploadId);

    const { code, stderr } = await cli.run(resume(uploadId));
    expect([code, stderr]).toEqual([8, expect.stringContaining('has expired')]);

    const again = await cli.run(push);
    expect(again.code, again.stderr).toBe(0);
    expectWhole(stage, again.stdout);
  },
};

/** The kinds that all scenes are played with. `test/library/servers.test.ts` has more of the others. */
const KINDS: readonly ProfileName[] = ['strict', 'azure', 's3', 'counting', 'ordered', 'busy'];

describe('with a server like', { concurrent: true }, () => {
  for (const profile of KINDS) {
    for (const [title, scene] of Object.entries(SCENES))
      test(`${profile}: ${title}`, { skip: isMissing(title) }, () => onServerStage(profile, scene));
  }

  for (const profile of PROFILE_NAMES)
    test(`${profile}: a push that was killed is resumed`, () => onServerStage(profile, resumeKilled));
});

/** A push of `a.bin` without the flags that the server needs. */
const plainly = (partBytes: string, ...more: readonly string[]) => [
  ...['push', '--purpose', 'vision', '--part-size', partBytes, ...more],
  'a.bin',
];

describe('without the flag that it needs,', { concurrent: true }, () => {
  test('azure says how the key is to be sent', () =>
    onServerStage(
      'azure',
      async ({ server, cli }) => {
        const { code, stderr } = await cli.run(plainly('50kB'));

        expect([code, stderr]).toEqual([7, expect.stringContaining('with --auth api-key.')]);
        expect(server.requests('create').map(({ keyMatched }) => keyMatched)).toEqual([false]);
      },
      { isAstray: true },
    ));

  test('azure says what its base URL looks like', () =>
    onServerStage(
      'azure',
      async ({ server, cli, push }) => {
        const env = { OPENAI_BASE_URL: server.baseUrl.replace(/\?.*/, '') };
        const { code, stderr } = await cli.run(push, env);

        expect([code, stderr]).toEqual([6, expect.stringContaining('/openai?api-version=')]);
      },
      { isAstray: true },
    ));

  test('a server that takes no MD5 is pushed to again without one, and no part is sent twice', () =>
    onServerStage('ordered', async (stage) => {
      const { server, cli, push } = stage;
      const { code, stderr } = await cli.run(plainly('50kB', ...ONE_AT_A_TIME));
      expect([code, stderr]).toEqual([
        6,
        expect.stringMatching(/push again with --no-md5\.\n {2}Run: .* --no-md5 \S+\n$/),
      ]);

      const again = await cli.run(push);

      expect(again.code, again.stderr).toBe(0);
      expectWhole(stage, again.stdout);
      expect(server.requests('part')).toHaveLength(4);
    }));

  test('a server that wants parts in order says so, and the next push is a new upload', () =>
    onServerStage('ordered', async (stage) => {
      const { server, cli, push } = stage;
      // Whichever of the first two it is, it comes after the third.
      const headers = { 'retry-after-ms': '3000' };
      server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 500, headers });
      const { code, stderr } = await cli.run(plainly('50kB', '--no-md5', '--concurrency', '2'));
      expect([code, stderr]).toEqual([
        6,
        expect.stringMatching(/push again with --concurrency 1\.\n {2}Run: .* --concurrency 1 \S+\n$/),
      ]);

      const again = await cli.run(push);

      expect(again.code, again.stderr).toBe(0);
      expectWhole(stage, again.stdout);
      expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled', 'completed']);
    }));

  test('a server that counts a part twice has the file again, as a new upload', () =>
    onServerStage('counting', async (stage) => {
      const { server, cli, push } = stage;
      server.addFaults({ call: 'part', nth: 2, kind: 'reset', when: 'after-work' });
      const { code, stdout, stderr } = await cli.run(push);

      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/the server may count both .*; starting a new upload\n/),
      ]);
      expectWhole(stage, stdout);
      expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled', 'completed']);
    }));

  test('a server that wants larger parts says so, and has them by default', () =>
    onServerStage('s3', async (stage) => {
      const { server, cli } = stage;
      const { code, stderr } = await cli.run(plainly('4MB'));
      expect([code, stderr]).toEqual([
        6,
        expect.stringMatching(
          /with larger parts, such as --part-size 8MB\.\n {2}Run: openai-upload push .* --part-size 8MB \S+a\.bin\n$/,
        ),
      ]);

      const again = await cli.run(['push', 'a.bin', '--purpose', 'vision']);

      expect(again.code, again.stderr).toBe(0);
      expectWhole(stage, again.stdout);
      expect(server.uploads().map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'completed']);
      expect(again.stderr).toContain('the server takes no parts as small as these');

      // And the next file has large parts from the start.
      const next = await cli.run(['push', 'a.bin', '--purpose', 'vision', '--no-resume']);
      expect(next.code, next.stderr).toBe(0);
      expect(server.uploads()).toHaveLength(4);
    }));

  test('a server that is busy above four is sent as much as it takes', () =>
    onServerStage('busy', async (stage) => {
      const { server, cli } = stage;
      server.addFaults({ call: 'part', nth: 1, times: 4, kind: 'hold', label: 'full' });

      const run = cli.start(plainly('10kB', '--concurrency', '8'));
      // Four are held, so that the next one is one too many.
      await server.waitFor((requests) => requests.some(({ status }) => status === 503));
      server.release('full');
      const { code, stdout, stderr } = await run.result;

      expect(code, stderr).toBe(0);
      expectWhole(stage, stdout);
      expect(server.requests('part').map(({ status }) => status)).toContain(503);
    }));
});
