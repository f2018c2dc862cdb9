import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFile } from '../../helpers/make-file.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServerOptions } from '../../helpers/uploads-server/uploads-server.ts';

async function setUp(options: UploadsServerOptions = {}) {
  const server = await startUploadsServer({ profile: 'strict', ...options });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const [a, b] = [join(folder, 'a.bin'), join(folder, 'b.bin')];
  await makeFile(a, 2500);
  await makeFile(b, 10);
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: join(folder, 'state'),
  };
  const run = (line: readonly string[], changes: { signal?: AbortSignal; isTTY?: boolean } = {}) =>
    runMain(line, { env, ...changes });
  const uploadId = () => server.uploads()[0]?.id ?? '';
  return { server, folder, a, b, env, run, uploadId };
}

const refused = (nth: number | 'every') => ({ kind: 'status', status: 400, call: 'part', nth }) as const;

describe('push', () => {
  it('prints the file ids on stdout, in the order of its arguments, and all else on stderr', async () => {
    const { server, a, b, run } = await setUp();
    const { code, stdout, stderr } = await run(['push', a, b, '--purpose', 'vision', '-v']);
    const idOf = (name: string) => server.files().find(({ filename }) => filename === name)?.id;
    expect([code, stdout]).toEqual([0, `${idOf('a.bin')}\n${idOf('b.bin')}\n`]);
    expect(stderr).toMatch(/^2 files, /);
    expect(stderr).toMatch(/\n2 of 2 files uploaded: .*\/s\n$/);
    expect(stderr).toMatch(/POST \/v1\/uploads 200 req_\w+ \d+ ms/);
    expect(stderr).not.toContain(server.apiKey);
  });

  it('prints nothing but the id when quiet', async () => {
    const { a, run } = await setUp();
    const { stdout, stderr } = await run(['push', a, '--purpose', 'vision', '-q']);
    expect(stdout).toMatch(/^file-\w+\n$/);
    expect(stderr).toBe('');
  });

  it('prints one object a file with --json, failed ones too, and goes on after a bad file', async () => {
    const { server, a, b, folder, run } = await setUp();
    const gone = join(folder, 'gone');
    const { code, stdout } = await run(['push', a, gone, b, '--purpose', 'vision', '--json']);
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(3);
    const [file] = server.files().filter(({ filename }) => filename === 'a.bin');
    expect(objects).toMatchObject([
      { status: 'completed', path: a, file_id: file?.id },
      { status: 'failed', path: gone, error: { code: 'source_not_found' } },
      { status: 'completed', path: b },
    ]);
  });

  it('tries no further file when the account is at fault, and tells so of each', async () => {
    const { a, b, env, server } = await setUp();
    const { code, stdout } = await runMain(['push', a, b, '--purpose', 'vision', '--json'], {
      env: { ...env, OPENAI_API_KEY: 'sk-wrong' },
    });
    const lines = stdout.trimEnd().split('\n');
    const resume_command = expect.stringMatching(/ resume .*job_/);
    expect(code).toBe(7);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { path: a, error: { exit_code: 7, resume_command } },
      { path: b, upload_id: null, error: { exit_code: 7, request_id: null, resume_command } },
    ]);
    expect(server.requests()).toHaveLength(1);
  });

  it('tells what to run next when another run may succeed', async () => {
    const { a, run, uploadId, env } = await setUp({
      // After a 500 the server may have kept the part, and a refusal would begin the upload again.
      faults: [{ kind: 'status', status: 429, call: 'part', nth: 1 }, refused(2)],
    });
    const flags = ['--purpose', 'vision', '--retries', '0', '--state-dir', env.OPENAI_UPLOAD_STATE_DIR];
    const first = await run(['push', a, ...flags]);
    expect(first.code).toBe(5);
    expect(first.stderr).toContain(
      `: openai-upload resume --state-dir ${env.OPENAI_UPLOAD_STATE_DIR} ${uploadId()}\n`,
    );
    const second = await run(['push', a, ...flags]);
    expect(second.code).toBe(6);
    expect(second.stderr).toContain('openai-upload resume');
  });

  it('says what to do when the server refuses an upload', async () => {
    const { a, run } = await setUp({ faults: [{ kind: 'status', status: 400, call: 'create', nth: 1 }] });
    const { code, stdout, stderr } = await run(['push', a, '--purpose', 'vision', '--json']);
    expect(code).toBe(6);
    expect(JSON.parse(stdout).error.hint).toContain('Fix what the server objects to');
    expect(stderr).toContain('Fix what the server objects to');
  });

  it('warns of retries, and draws a bar on a terminal', async () => {
    const { a, run } = await setUp({
      faults: [{ kind: 'status', status: 500, headers: { 'retry-after-ms': '1' }, call: 'part', nth: 1 }],
    });
    const { code, stderr } = await run(['push', a, '--purpose', 'vision', '--progress', 'bar'], {
      isTTY: true,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('\u001b[33msending part 1 failed');
    expect(stderr).toMatch(/a\.bin: file-[\s\S]*\n$/);
  });

  it('writes events as JSON on stderr when asked to', async () => {
    const { a, run } = await setUp();
    const { stderr } = await run(['push', a, '--purpose', 'vision', '--progress', 'json']);
    const types = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toContain('started');
    expect(types.at(-1)).toBe('completed');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends with the code of %s, and says how to go on', async (signal, expected) => {
    const { a, b, server, run } = await setUp({
      faults: [{ kind: 'hold', label: 'part', call: 'part', nth: 1 }],
    });
    const stop = new AbortController();
    const flags = ['--purpose', 'vision', '--json', '--concurrency', '1', '--part-size', '300'];
    const running = run(['push', a, b, ...flags], { signal: stop.signal });
    await server.waitForHeld('part');
    stop.abort(signal);
    server.release('part');
    const { code, stdout } = await running;
    expect(code).toBe(expected);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      {
        path: a,
        error: {
          exit_code: expected,
          resume_command: expect.stringMatching(/^openai-upload resume job_\w+$/),
        },
      },
      { path: b, error: { exit_code: expected } },
    ]);
  });
});

describe('resume and cancel', () => {
  it('continue and end what a push has begun', async () => {
    const { a, b, server, run, uploadId } = await setUp({ faults: [refused(1), refused(3)] });
    await run(['push', a, '--purpose', 'vision']);
    const resumed = await run(['resume', uploadId()]);
    expect([resumed.code, resumed.stdout]).toEqual([0, `${server.files()[0]?.id}\n`]);
    await run(['push', b, '--purpose', 'vision']);
    const second = server.uploads()[1]?.id ?? '';
    const cancelled = await run(['cancel', second, '--json']);
    expect(JSON.parse(cancelled.stdout)).toEqual({ v: 1, status: 'cancelled', upload_id: second });
    expect(cancelled.stderr).toBe(`${second}: cancelled\n`);
    expect((await run(['cancel', second])).stderr).toBe(`${second}: cancelled already\n`);
    expect((await run(['cancel', uploadId()])).code).toBe(6);
  });

  it('name the file beside the upload that has failed', async () => {
    const { a, run, uploadId } = await setUp({ faults: [refused(1), refused(2)] });
    await run(['push', a, '--purpose', 'vision']);
    const { stderr } = await run(['resume', uploadId()]);
    expect(stderr).toContain(`openai-upload: a.bin (${uploadId()}): sending part 1 failed`);
  });

  it('give no command that leads to the server of a record', async () => {
    const { a, env, run, uploadId } = await setUp({ faults: [refused(1)] });
    await run(['push', a, '--purpose', 'vision', '--project', 'proj_1']);
    const line = [
      'resume',
      uploadId(),
      '--base-url',
      'http://127.0.0.1:1/v1',
      '--project',
      'proj_2',
      '--json',
    ];
    const { code, stdout, stderr } = await run(line);
    expect(code).toBe(2);
    expect(stderr).toContain(`${uploadId()} belongs to the base URL ${env.OPENAI_BASE_URL}`);
    expect(stderr).not.toMatch(/Run:|--base-url/);
    expect(JSON.parse(stdout).error.resume_command).toBeNull();
  });

  it('give the command that reaches the session of another project', async () => {
    const { a, run, uploadId } = await setUp({ faults: [refused(1)] });
    await run(['push', a, '--purpose', 'vision', '--project', 'proj_1']);
    const { code, stdout, stderr } = await run(['resume', uploadId(), '--project', 'proj_2', '--json']);
    expect(code).toBe(2);
    const command = `openai-upload resume --project proj_1 ${uploadId()}`;
    expect(stderr).toContain(`Run: ${command}\n`);
    expect(JSON.parse(stdout).error.resume_command).toBe(command);
    expect((await run(command.split(' ').slice(1))).code).toBe(0);
  });

  it('give none when the session has no project, for no flag can say so', async () => {
    const { a, run, uploadId } = await setUp({ faults: [refused(1)] });
    await run(['push', a, '--purpose', 'vision']);
    const { stdout } = await run(['resume', uploadId(), '--project', 'proj_2', '--json']);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'session_mismatch', resume_command: null });
  });

  it('end with 10 when a record is broken, and name its file', async () => {
    const { env, run } = await setUp();
    await mkdir(env.OPENAI_UPLOAD_STATE_DIR);
    const file = join(env.OPENAI_UPLOAD_STATE_DIR, 'upload_1.json');
    await writeFile(file, '{');
    for (const command of ['resume', 'cancel']) {
      const { code, stderr } = await run([command, 'upload_1']);
      expect(code).toBe(10);
      expect(stderr).toContain(file);
    }
  });
});

describe('a bug', () => {
  it('ends with 1 and asks for a report, instead of looking like anything else', async () => {
    const { a, env } = await setUp();
    const noSignal = {} as AbortSignal;
    const { code, stdout, stderr } = await runMain(['push', a, '--purpose', 'x'], { env, signal: noSignal });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('this is a bug, please report it');
    expect(stderr).toContain('TypeError');
  });
});
