import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchLine, batchLines, writeLines } from '../../helpers/jsonl.ts';
import { runMain } from '../../helpers/run-main.ts';
import { objectsOf } from '../../helpers/split-file.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';

async function setUp() {
  const server = await startUploadsServer({ profile: 'strict' });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const file = join(folder, 'big.jsonl');
  await writeLines(file, batchLines(5));
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: join(folder, 'state'),
  };
  const split = ['push', file, '--purpose', 'batch', '--split', '--split-lines', '2'];
  const run = (...more: readonly string[]) => runMain([...split, ...more], { env });
  const idOf = (name: string) => server.files().find(({ filename }) => filename === name)?.id;
  const ids = () => ['big.00001.jsonl', 'big.00002.jsonl', 'big.00003.jsonl'].map(idOf);
  return { server, folder, file, env, run, ids, manifest: join(folder, 'done.jsonl') };
}

describe('push --split', () => {
  it('says into what it cuts, prints the ids in order, and sums up', async () => {
    const { run, ids } = await setUp();
    const { code, stdout, stderr } = await run('--retries', '0');
    expect([code, stdout]).toEqual([0, `${ids().join('\n')}\n`]);
    expect(stderr).toMatch(/^big\.jsonl: 5 requests in 3 files\n/);
    expect(stderr).toMatch(/\n3 of 3 files uploaded: .*\/s\n$/);
  });

  it('goes on by its manifest with the one that has failed', async () => {
    const { server, run, ids, manifest } = await setUp();
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    const first = await run('--manifest', manifest, '--json', '--concurrency', '1');
    expect(first.code).toBe(6);
    expect(objectsOf(first.stdout)).toMatchObject([
      { status: 'failed', filename: 'big.00001.jsonl', piece: { number: 1, of: 3 }, error: { exit_code: 6 } },
      { status: 'completed', file_id: ids()[1], piece: { number: 2, of: 3, first_line: 3, last_line: 4 } },
      { status: 'completed', file_id: ids()[2], piece: { lines: 1 } },
    ]);
    expect(first.stderr).toContain('big.00001.jsonl: ');
    expect(first.stderr).toContain('2 of 3 files uploaded');

    const { code, stdout } = await run('--manifest', manifest);

    expect([code, stdout]).toEqual([0, `${ids().join('\n')}\n`]);
    expect(server.requests('create')).toHaveLength(3);
    const lines = objectsOf(await readFile(manifest, 'utf8'));
    expect(lines.map(({ status, piece }) => `${status} ${piece?.number ?? ''}`).toSorted()).toEqual([
      'completed 1',
      'completed 2',
      'completed 3',
      'failed 1',
      'split ',
    ]);
  });

  it('ends with a key that is refused, and tells of each that was not tried', async () => {
    const { server, run } = await setUp();
    server.addFaults({ call: 'create', nth: 'every', kind: 'status', status: 401 });
    const { code, stdout } = await run('--json');
    expect(code).toBe(7);
    expect(objectsOf(stdout).map(({ status, piece }) => [status, piece.number])).toEqual([
      ['failed', 1],
      ['failed', 2],
      ['failed', 3],
    ]);
    expect(server.requests('create')).toHaveLength(1);
  });

  it('is not begun for a file that is no good, and goes on with the next', async () => {
    const { server, folder, file, env, ids } = await setUp();
    const bad = join(folder, 'bad.jsonl');
    await writeLines(bad, [batchLine(1), '{']);
    const args = ['push', bad, file, '--purpose', 'batch', '--split', '--split-lines', '2'];
    const { code, stdout, stderr } = await runMain(args, { env });
    expect([code, stdout]).toEqual([3, `${ids().join('\n')}\n`]);
    expect(stderr).toContain('bad.jsonl is not valid for batch');
    expect(server.files()).toHaveLength(3);
  });

  it('with --dry-run tells the plan, and what is done of it', async () => {
    const { server, run, ids, manifest } = await setUp();
    const planned = await run('--dry-run', '--manifest', manifest);
    expect([planned.code, planned.stdout]).toEqual([0, '']);
    expect(planned.stderr).toMatch(/^big\.jsonl: .*, 5 lines, in 3 files; nothing was sent\n/);
    expect(planned.stderr).toMatch(/\nbig\.00003\.jsonl: 1 request of lines 5 to 5, .* at \/v1\/\S+\n$/);
    expect(server.requests()).toEqual([]);

    await run('--manifest', manifest);
    const { stderr } = await run('--dry-run', '--manifest', manifest);
    expect(stderr).toContain(`: done already, ${ids()[0]}`);
  });

  it.each([
    [['--purpose', 'fine-tune', '--split'], 'batch'],
    [['--purpose', 'batch', '--split-lines', '2'], '--split-lines'],
    [['--purpose', 'batch', '--split-size', '2MB'], '--split-size'],
    [['--purpose', 'batch', '--split', '--if-not-uploaded'], '--if-not-uploaded'],
    [['--purpose', 'batch', '--split', '--manifest', ''], 'manifest'],
  ])('is a matter of usage as %j', async (flags, says) => {
    const { server, file, env } = await setUp();
    const { code, stderr } = await runMain(['push', file, ...flags], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(server.requests()).toEqual([]);
  });

  it('takes no standard input, and one manifest for one file', async () => {
    const { file, folder, env, manifest } = await setUp();
    const other = join(folder, 'other.jsonl');
    await writeFile(other, '');
    const stream = ['push', '-', '--filename', 'a.jsonl', '--purpose', 'batch', '--split'];
    expect((await runMain(stream, { env })).code).toBe(2);
    const two = ['push', file, other, '--purpose', 'batch', '--split', '--manifest', manifest];
    expect((await runMain(two, { env })).code).toBe(2);
  });
});
