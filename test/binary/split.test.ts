import { appendFile, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../helpers/fixtures.ts';
import { batchLine, batchLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { contentOf, mixedLines, objectsOf, readObjects, writeText } from '../helpers/split-file.ts';

const split = ['push', 'big.jsonl', '--purpose', 'batch', '--split'];
const manifest = ['--manifest', 'done.jsonl'];

describe('openai-upload push --split', () => {
  test('of 120,000 lines of several models sends each line once, in files of one model that fit', async ({
    folder,
    server,
    cli,
  }) => {
    const lines = mixedLines(120_000, ['gpt-4.1-mini', 'gpt-4.1-mini', 'gpt-5', 'o3']);
    await writeText(join(folder, 'big.jsonl'), lines);

    const { code, stdout, stderr } = await cli.run([...split, '--split-size', '4MB', '--json']);

    expect(code, stderr).toBe(0);
    const results = objectsOf(stdout);
    expect(results.length).toBeGreaterThan(4);
    const seen: string[] = [];
    for (const [index, { file_id, filename, bytes, piece, md5 }] of results.entries()) {
      expect([filename, piece.number, piece.of]).toEqual([
        `big.0000${index + 1}.jsonl`,
        index + 1,
        results.length,
      ]);
      const text = await contentOf(server, file_id);
      expect(text.length).toBe(bytes);
      expect(bytes).toBeLessThanOrEqual(4_000_000);
      expect(server.fileMd5(file_id)).toBe(md5);
      const own = text.trimEnd().split('\n');
      expect(own).toHaveLength(piece.lines);
      expect(piece.lines).toBeLessThanOrEqual(50_000);
      expect(own.filter((line) => JSON.parse(line).body.model !== piece.model)).toEqual([]);
      expect([own[0], own.at(-1)]).toEqual([lines[piece.first_line - 1], lines[piece.last_line - 1]]);
      for (const line of own) seen.push(line);
    }
    // As sets in order: none is lost, none is there twice.
    expect(seen.sort()).toEqual(lines.slice().sort());
    expect(results.map(({ piece }) => piece.model).sort()).toContain('o3');
  });

  test('keeps the order of lines in a file, CRLF and a last line without an end; leaves out blank lines and a mark', async ({
    folder,
    server,
    cli,
  }) => {
    const [a = '', b = '', c = '', d = ''] = batchLines(4);
    await writeFile(join(folder, 'big.jsonl'), `\uFEFF${a}\r\n\n${b}\n   \r\n${c}\r\n${d}`);

    const { code, stdout, stderr } = await cli.run([...split, '--split-lines', '3']);

    expect(code, stderr).toBe(0);
    const contents = await Promise.all(
      stdout
        .trimEnd()
        .split('\n')
        .map((id) => contentOf(server, id)),
    );
    expect(contents).toEqual([`${a}\r\n${b}\n${c}\r\n`, d]);
    expect(stderr).toContain('big.jsonl: warning: line 1: the file begins with a byte-order mark');
    expect(stderr).toContain('big.jsonl: warning: line 2: this line is blank');
  });

  test('prints the ids in the order of the files, whatever ends first', async ({ folder, server, cli }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(6));
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'first' });

    const run = cli.start([...split, '--split-lines', '2', '--concurrency', '2']);
    await server.waitForHeld('first');
    await server.waitFor(
      (all) => all.filter(({ call, status }) => call === 'complete' && status === 200).length === 2,
    );
    server.release('first');
    const { code, stdout, stderr } = await run.result;

    const names = new Map(server.files().map(({ id, filename }) => [id, filename]));
    const ids = stdout.trimEnd().split('\n');
    expect([code, ids.map((id) => names.get(id))]).toEqual([
      0,
      ['big.00001.jsonl', 'big.00002.jsonl', 'big.00003.jsonl'],
    ]);
    expect(stderr).toContain('big.jsonl: 6 requests in 3 files');
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^3 of 3 files uploaded: /);
  });

  test('names a custom_id that comes again anywhere in the file, with both lines, before any request', async ({
    folder,
    server,
    cli,
  }) => {
    const lines = mixedLines(60_000, ['gpt-4.1-mini', 'gpt-5']);
    lines[58_765] = batchLine(123);
    await writeText(join(folder, 'big.jsonl'), lines);

    const { code, stderr, stdout } = await cli.run([...split, '--json', ...manifest]);

    expect(code).toBe(3);
    expect(stderr).toContain('line 58766: custom_id "request-123" is already used in line 123');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error_count: 1,
      error: { code: 'check_failed' },
    });
    expect(server.requests()).toEqual([]);
    await expect(readFile(join(folder, 'done.jsonl'))).rejects.toThrow('ENOENT');
  });

  test('refuses a line that does not fit by itself, also without a check', async ({
    folder,
    server,
    cli,
  }) => {
    await writeText(join(folder, 'big.jsonl'), [...batchLines(2), batchLine(3, { pad: 'x'.repeat(2000) })]);

    for (const more of [[], ['--no-check']]) {
      const { code, stderr } = await cli.run([...split, '--split-size', '1000', ...more]);
      expect(code).toBe(3);
      expect(stderr).toMatch(/line 3: this line has 2,\d{3} bytes, but a file may have at most 1,000/);
    }
    expect(server.requests()).toEqual([]);
  });

  test('cuts without a check what no check would let pass', async ({ folder, server, cli }) => {
    const lines = [batchLine(1), batchLine(1), '{"broken', '[]', batchLine(2)];
    await writeText(join(folder, 'big.jsonl'), lines);
    expect((await cli.run(split)).code).toBe(3);

    const { code, stdout, stderr } = await cli.run([...split, '--no-check']);

    expect(code, stderr).toBe(0);
    const contents = await Promise.all(
      stdout
        .trimEnd()
        .split('\n')
        .map((id) => contentOf(server, id)),
    );
    expect(contents).toEqual([`${lines[0]}\n${lines[1]}\n${lines[4]}\n`, `${lines[2]}\n${lines[3]}\n`]);
  });

  test('goes on with the others after one that fails, and a rerun does just that one', async ({
    folder,
    server,
    cli,
  }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(8));
    const args = [...split, '--split-lines', '2', ...manifest, '--concurrency', '1', '--json'];
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 });

    const first = await cli.run(args);
    expect(first.code).toBe(6);
    expect(objectsOf(first.stdout).map(({ status, piece }) => [piece.number, status])).toEqual([
      [1, 'completed'],
      [2, 'failed'],
      [3, 'completed'],
      [4, 'completed'],
    ]);
    expect(objectsOf(first.stdout)[1]).toMatchObject({
      path: join(folder, 'big.jsonl'),
      upload_id: expect.stringMatching(/^upload_/),
      error: { resume_command: expect.stringMatching(/^openai-upload resume .*job_/) },
    });
    expect(first.stderr).toContain('openai-upload: big.00002.jsonl: ');
    expect(first.stderr).toMatch(/^3 of 4 files uploaded, 1 failed: /m);

    const before = server.requests().length;
    const second = await cli.run(args);
    expect(second.code, second.stderr).toBe(0);
    expect(objectsOf(second.stdout).map(({ bytes_sent, bytes }) => bytes_sent === bytes)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    // One part and one complete: its upload goes on.
    expect(
      server
        .requests()
        .slice(before)
        .map(({ call }) => call),
    ).toEqual(['part', 'complete']);
    expect(server.files()).toHaveLength(4);
    const [head, ...lines] = await readObjects(join(folder, 'done.jsonl'));
    expect(head?.status).toBe('split');
    expect(lines.map(({ status }) => status).sort()).toEqual([...Array(4).fill('completed'), 'failed']);
  });

  test('asks once with a key that is refused, and begins no other', async ({ folder, server, cli }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(8));
    server.addFaults({ call: 'create', nth: 'every', kind: 'status', status: 401 });

    const { code, stdout, stderr } = await cli.run([...split, '--split-lines', '2', '--json']);

    expect(code).toBe(7);
    expect(server.requests('create')).toHaveLength(1);
    expect(stderr).toContain('0 of 4 files uploaded, 1 failed, 3 not tried');
    expect(objectsOf(stdout)).toMatchObject(
      [1, 2, 3, 4].map((number) => ({
        status: 'failed',
        piece: { number, of: 4 },
        error: { code: 'authentication', exit_code: 7 },
      })),
    );
  });

  test('has each of its files in the ledger', async ({ folder, server, cli }) => {
    const lines = batchLines(8);
    await writeText(join(folder, 'big.jsonl'), lines);
    const { stdout } = await cli.run([...split, '--split-lines', '4']);
    await writeText(join(folder, 'half.jsonl'), lines.slice(4));

    const again = await cli.run(['push', 'half.jsonl', '--purpose', 'batch', '--if-not-uploaded']);

    expect(again).toMatchObject({ code: 0, stdout: `${stdout.trim().split('\n')[1]}\n` });
    expect(server.files()).toHaveLength(2);
  });

  test('killed half-way and run again sends nothing again that was done', async ({ folder, server, cli }) => {
    await writeText(join(folder, 'big.jsonl'), mixedLines(2000, ['gpt-4.1-mini', 'gpt-5']));
    const args = [
      ...split,
      '--split-lines',
      '250',
      '--part-size',
      '20000',
      '--concurrency',
      '2',
      ...manifest,
    ];
    server.addFaults({ call: 'part', nth: 9, kind: 'hold', label: 'ninth' });

    const killed = cli.start(args);
    await server.waitForHeld('ninth');
    killed.child.kill('SIGKILL');
    await killed.result;
    const parts = server.requests('part').filter(({ status }) => status === 200).length;
    // As if it had died in the middle of a line.
    await appendFile(join(folder, 'done.jsonl'), '{"v":1,"status":"completed","upload_id":"upl');
    const { code, stdout, stderr } = await cli.run(args);

    expect(code, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n').sort()).toEqual(
      server
        .files()
        .map(({ id }) => id)
        .sort(),
    );
    const names = server.files().map(({ filename }) => filename);
    expect([new Set(names).size, names.length]).toEqual([9, 9]);
    const all = server.uploads().reduce((sum, { id }) => sum + server.partsOf(id).length, 0);
    const needed = objectsOf((await cli.run([...args, '--json'])).stdout).reduce(
      (sum, { parts: n }) => sum + n,
      0,
    );
    expect(parts).toBeGreaterThan(2);
    // The two that were on their way may be there twice; nothing else.
    expect(all - needed).toBeLessThanOrEqual(2);
    const done = await readObjects(join(folder, 'done.jsonl'));
    expect(
      done
        .slice(1)
        .map(({ file_id }) => file_id)
        .sort(),
    ).toEqual(
      server
        .files()
        .map(({ id }) => id)
        .sort(),
    );
  });

  test('knows with its manifest what was resumed by itself', async ({ folder, server, cli }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(4));
    const args = [...split, '--split-lines', '2', ...manifest, '--json'];
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    const [failed] = objectsOf((await cli.run(args)).stdout);

    const status = await cli.run(['status', failed.upload_id, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      is_slices: true,
      path: join(folder, 'big.jsonl'),
      spool: expect.stringContaining('spool'),
      filename: 'big.00001.jsonl',
      source: 'same',
    });
    const resumed = await cli.run(['resume', failed.upload_id]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const [first = ''] = batchLines(2);
    expect((await contentOf(server, resumed.stdout.trimEnd())).startsWith(first)).toBe(true);

    const before = server.requests().length;
    const again = await cli.run(args);
    expect(again.code, again.stderr).toBe(0);
    expect(server.requests().length).toBe(before);
    expect(objectsOf(again.stdout)[0].file_id).toBe(resumed.stdout.trimEnd());
  });

  test('resumes a piece from its own copy, whatever has become of the source', async ({
    folder,
    server,
    cli,
  }) => {
    const path = join(folder, 'big.jsonl');
    await writeText(path, batchLines(4));
    server.addFaults({ call: 'part', nth: 1, times: 2, kind: 'status', status: 400 });
    const outcome = await cli.run([...split, '--split-lines', '2', '--json']);
    const [first, second] = objectsOf(outcome.stdout);
    await writeText(path, [...batchLines(3), batchLine(9)]);

    const resumed = await cli.run(['resume', first.upload_id, '--json']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ path, filename: 'big.00001.jsonl' });
    expect(await contentOf(server, JSON.parse(resumed.stdout).file_id)).toBe(`${batchLines(2).join('\n')}\n`);

    // Its lines are others now, so a push begins it anew.
    expect((await cli.run([...split, '--split-lines', '2'])).code).toBe(0);
    expect((await cli.run(['resume', second.upload_id])).code).toBe(0);
    expect(
      server
        .files()
        .map(({ filename }) => filename)
        .sort(),
    ).toEqual(['big.00001.jsonl', 'big.00001.jsonl', 'big.00002.jsonl', 'big.00002.jsonl']);
  });

  test('ends with 4 when the source changes before a piece has begun', async ({ folder, server, cli }) => {
    const path = join(folder, 'big.jsonl');
    await writeText(path, batchLines(6));
    server.addFaults({ call: 'create', nth: 1, kind: 'hold', label: 'first' });

    const run = cli.start([...split, '--split-lines', '2', '--concurrency', '1', '--json']);
    await server.waitForHeld('first');
    await appendFile(path, `${batchLine(7)}\n`);
    server.release('first');
    const { code, stdout, stderr } = await run.result;

    expect(code).toBe(4);
    expect(stderr).toContain('big.jsonl changed after it was checked');
    const results = objectsOf(stdout);
    // The first was cut before, and its lines are the same.
    expect(results[0].file_id).toBe(
      server.files().find(({ filename }) => filename === 'big.00001.jsonl')?.id,
    );
    expect(server.files().length).toBeLessThan(3);
    // Beside that of the file, scripts get an object for each piece.
    expect(results.flatMap(({ piece }) => piece?.number ?? [])).toEqual([1, 2, 3]);
    expect(results.at(-1).error).toMatchObject({ code: 'source_changed', exit_code: 4 });
    expect(results.at(-1).error.message).toContain('not tried: ');
  });

  test('refuses a manifest of something else, and leaves it alone', async ({ folder, server, cli }) => {
    const path = join(folder, 'big.jsonl');
    await writeText(path, batchLines(4));
    const args = [...split, '--split-lines', '2', ...manifest];
    expect((await cli.run(args)).code).toBe(0);
    const text = await readFile(join(folder, 'done.jsonl'), 'utf8');
    const sent = server.requests().length;

    const otherBounds = await cli.run([...split, '--split-lines', '3', ...manifest]);
    expect([otherBounds.code, otherBounds.stderr]).toEqual([2, expect.stringContaining('other limits')]);
    const otherProject = await cli.run([...args, '--project', 'proj_2']);
    expect([otherProject.code, otherProject.stderr]).toEqual([
      2,
      expect.stringContaining('another base URL'),
    ]);
    await utimes(path, 1, 1);
    expect((await cli.run(args)).code).toBe(0);
    await writeText(path, [...batchLines(3), batchLine(9)]);
    const otherLines = await cli.run(args);
    expect([otherLines.code, otherLines.stderr]).toEqual([
      2,
      expect.stringContaining('big.00002.jsonl does not match'),
    ]);
    expect(await readFile(join(folder, 'done.jsonl'), 'utf8')).toBe(text);

    const noManifest = await cli.run([...split, '--manifest', 'big.jsonl']);
    expect([noManifest.code, noManifest.stderr]).toEqual([10, expect.stringContaining('is not one of ours')]);
    expect(await readFile(path, 'utf8')).toBe(`${[...batchLines(3), batchLine(9)].join('\n')}\n`);
    expect(server.requests()).toHaveLength(sent);
  });

  test.for([
    ['is a directory', 'folder', 10],
    ['is a file of another', 'other', 10],
    ['lies nowhere', 'nowhere/done.jsonl', 10],
    ['has no name', '', 2],
  ] as const)(
    'with a manifest that %s sends nothing and leaves no job',
    async ([, name, code], { folder, server, cli }) => {
      await writeText(join(folder, 'big.jsonl'), batchLines(4));
      await mkdir(join(folder, 'folder'));
      await writeFile(join(folder, 'other'), 'of another');

      const run = await cli.run([...split, '--manifest', name, '--json']);

      expect(run.code).toBe(code);
      expect(JSON.parse(run.stdout)).toMatchObject({ status: 'failed', error: { resume_command: null } });
      expect(run.stderr).not.toContain('resume');
      expect(server.requests()).toEqual([]);
      expect(await readdir(join(cli.stateDir, 'jobs'))).toEqual([]);
      expect(await readFile(join(folder, 'other'), 'utf8')).toBe('of another');
    },
  );

  test('tells with --dry-run what it would make, and makes no request', async ({ folder, server, cli }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(5));
    const args = [...split, '--split-lines', '2', '--dry-run', ...manifest];

    const { code, stdout, stderr } = await cli.run(args);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('in 3 files; nothing was sent');
    expect(stderr).toContain('big.00002.jsonl: 2 requests of lines 3 to 4, ');
    const { stdout: json } = await cli.run([...args, '--json']);
    expect(
      objectsOf(json).map(({ status, filename, piece, file_id }) => [status, filename, piece.lines, file_id]),
    ).toEqual([
      ['planned', 'big.00001.jsonl', 2, null],
      ['planned', 'big.00002.jsonl', 2, null],
      ['planned', 'big.00003.jsonl', 1, null],
    ]);
    expect(server.requests()).toEqual([]);
    await expect(readFile(join(folder, 'done.jsonl'))).rejects.toThrow('ENOENT');
  });

  test('lets one process at a time use a manifest, and two push the same file at once', async ({
    folder,
    server,
    cli,
  }) => {
    await writeText(join(folder, 'big.jsonl'), batchLines(4));
    server.addFaults({ call: 'part', nth: 1, kind: 'hold', label: 'first' });
    const args = [...split, '--split-lines', '2'];
    const run = cli.start([...args, ...manifest]);
    await server.waitForHeld('first');

    const same = await cli.run([...args, ...manifest]);
    expect([same.code, same.stderr]).toEqual([11, expect.stringContaining('done.jsonl')]);
    // By another name, and with a state directory that knows nothing of it. On Windows, case makes no other file.
    const alias = lacks('links') ? 'DONE.jsonl' : 'link.jsonl';
    if (alias === 'link.jsonl') await symlink('done.jsonl', join(folder, alias));
    const elsewhere = ['--manifest', alias, '--state-dir', 'elsewhere'];
    expect((await cli.run([...args, ...elsewhere])).code).toBe(11);
    // The piece that is on its way is left to the other; the rest is nobody's.
    const other = await cli.run([...args, '--json']);
    expect(objectsOf(other.stdout)[0]).toMatchObject({ status: 'failed', error: { code: 'session_locked' } });
    server.release('first');
    expect((await run.result).code).toBe(0);
  });

  test.for([
    [['push', 'big.jsonl', '--purpose', 'fine-tune', '--split'], '--split works for --purpose batch only'],
    [['push', '-', '--filename', 'a.jsonl', '--purpose', 'batch', '--split'], 'more than once'],
    [['push', 'big.jsonl', '--purpose', 'batch', '--split-lines', '5'], '--split-lines needs --split'],
    [['push', 'big.jsonl', 'b.jsonl', '--purpose', 'batch', '--split', '--manifest', 'm'], 'one file'],
    [['push', '--files-from', 'l', '--purpose', 'batch', '--split', '--manifest', 'm'], 'one file'],
    [[...split, '--if-not-uploaded'], '--if-not-uploaded'],
    [[...split, '--split-lines', '50001'], 'It must be 1 to 50000'],
    [[...split, '--split-size', '200MiB'], 'It must be 1 byte to 200MB'],
  ] as const)('is a matter of usage when it is %j', async ([args, message], { server, cli }) => {
    const { code, stderr } = await cli.run(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(server.requests()).toEqual([]);
  });
});
