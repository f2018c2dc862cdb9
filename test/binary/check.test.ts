import { appendFile, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Cli, test } from '../helpers/fixtures.ts';
import { batchLine, batchLines, chatLines, writeLines } from '../helpers/jsonl.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

interface Bad {
  readonly what: string;
  /** Writes a.jsonl. */
  readonly write: (path: string) => Promise<unknown>;
  /** The first error. */
  readonly error: Record<string, unknown>;
  readonly errorCount?: number;
}

/** A batch of 45,000 requests, one of which is something else. */
const oneIs = (line: number, text: string | Buffer) => async (path: string) => {
  const lines = batchLines(45_000);
  await writeLines(path, lines.slice(0, line - 1));
  await appendFile(path, text);
  await appendFile(path, `\n${lines.slice(line).join('\n')}\n`);
};

const bad: readonly Bad[] = [
  {
    what: '60,000 requests',
    write: (path) => writeLines(path, batchLines(60_000)),
    error: { code: 'too_many_lines', line: null, message: expect.stringContaining('60,000 requests') },
  },
  {
    what: 'a duplicate custom_id',
    write: oneIs(44_444, batchLine(1, { custom_id: 'request-17' })),
    error: {
      code: 'duplicate_custom_id',
      line: 44_444,
      message: expect.stringContaining('"request-17" is already used in line 17'),
    },
  },
  {
    what: 'line 41,873 broken',
    write: oneIs(41_873, '{"custom_id": "ü🚀", "method": POST}'),
    error: { code: 'invalid_json', line: 41_873, column: 31 },
  },
  {
    what: 'a second model',
    write: oneIs(20_000, batchLine(20_000, { body: { model: 'gpt-6-luna' } })),
    error: {
      code: 'several_models',
      line: 20_000,
      message: expect.stringMatching(/"gpt-6-luna".* line 1 has "gpt-5.6-sol"/),
    },
  },
  {
    what: 'a line of 20 MB that ends too early',
    write: oneIs(
      3,
      batchLine(3, { body: { model: 'gpt-5.6-sol', input: 'x'.repeat(20_000_000) } }).slice(0, -1),
    ),
    error: { code: 'invalid_json', line: 3, column: expect.any(Number) },
  },
  {
    what: 'a letter in Latin-1',
    write: oneIs(9, Buffer.from(batchLine(9, { custom_id: 'Grüße' }), 'latin1')),
    error: { code: 'invalid_encoding', line: 9, column: 17 },
  },
  {
    what: 'a line that is no object',
    write: oneIs(2, '["custom_id"]'),
    error: { code: 'not_an_object', line: 2 },
  },
  {
    what: 'a line of which everything is missing',
    write: oneIs(2, '{}'),
    error: { code: 'bad_custom_id', line: 2, message: 'custom_id is missing' },
    errorCount: 4,
  },
  {
    what: 'nothing in it',
    write: (path) => writeFile(path, '\n'),
    error: { code: 'too_few_lines' },
  },
];

describe('a batch file with', () => {
  test.for(bad)('$what is refused, and nobody is asked', async (row, { folder, server, cli }) => {
    await row.write(join(folder, 'a.jsonl'));

    const check = await cli.run(['check', 'a.jsonl', '--purpose', 'batch', '--json'], { OPENAI_API_KEY: '' });
    const push = await cli.run(['push', 'a.jsonl', '--purpose', 'batch', '--json']);

    for (const { code, stdout, stderr } of [check, push]) {
      expect(code, stderr).toBe(3);
      const said = JSON.parse(stdout);
      expect(said).toMatchObject({
        status: 'failed',
        error_count: row.errorCount ?? 1,
        error: { code: 'check_failed', exit_code: 3, retryable: false },
      });
      expect(said.errors[0]).toMatchObject(row.error);
      expect(stderr).toContain('a.jsonl is not valid for batch');
    }
    expectSilence(server);
  });
});

describe('a batch file', () => {
  test('with a byte-order mark, blank lines, the line ends of Windows and a line of 20 MB is only doubtful', async ({
    folder,
    server,
    cli,
  }) => {
    const messages = [{ role: 'user', content: 'ü'.repeat(10_000_000) }];
    const long = batchLine(3, { body: { model: 'gpt-5.6-sol', messages } });
    await writeLines(join(folder, 'a.jsonl'), [`\ufeff${batchLine(1)}`, '', batchLine(2), long], '\r\n');

    const check = await cli.run(['check', 'a.jsonl', '--purpose', 'batch', '--json']);
    expectSilence(server);
    const push = await cli.run(['push', 'a.jsonl', '--purpose', 'batch']);

    expect(JSON.parse(check.stdout)).toMatchObject({
      v: 1,
      status: 'ok',
      path: join(folder, 'a.jsonl'),
      bytes: (await stat(join(folder, 'a.jsonl'))).size,
      purpose: 'batch',
      lines: 4,
      errors: [],
      error_count: 0,
      warnings: [{ code: 'byte_order_mark' }, { code: 'blank_line', line: 2 }],
      warning_count: 2,
    });
    expect([check.code, push.code]).toEqual([0, 0]);
    for (const { stderr } of [check, push]) {
      expect(stderr).toContain('a.jsonl: warning: line 1: the file begins with a byte-order mark');
      expect(stderr).toContain('a.jsonl: warning: line 2: this line is blank');
    }
    expect(push.stdout).toBe(`${server.files()[0]?.id}\n`);
  });

  test('is sent as it is with --no-check', async ({ folder, server, cli }) => {
    await writeFile(join(folder, 'a.jsonl'), 'no JSON');

    const { code } = await cli.run(['push', 'a.jsonl', '--purpose', 'batch', '--no-check']);

    expect([code, server.files().length]).toEqual([0, 1]);
  });

  test('is checked under the name it is to have', async ({ folder, cli }) => {
    await writeLines(join(folder, 'a.txt'), batchLines(2));
    const check = (...flags: string[]) => cli.run(['check', 'a.txt', '--purpose', 'batch', ...flags]);

    expect((await check()).stderr).toContain('its name does not end in .jsonl');
    expect((await check('--filename', 'a.jsonl')).code).toBe(0);
  });

  test('that has become bad is not continued, and what was sent of it stays', async ({
    folder,
    server,
    cli,
  }) => {
    await leaveHalfDone(folder, server, cli);
    await appendFile(join(folder, 'a.jsonl'), '{');
    const before = server.requests().length;

    const { code, stderr } = await cli.run(['push', 'a.jsonl', '--purpose', 'batch']);

    expect([code, server.requests().length]).toEqual([3, before]);
    expect(stderr).toContain('line 101, column 2');
    expect((await cli.record(server.uploads()[0]?.id ?? '')).parts.length).toBe(1);
  });
});

describe('openai-upload check', () => {
  test('says nothing on stdout, and on stderr what people want to know', async ({ folder, server, cli }) => {
    await writeLines(join(folder, 'good.jsonl'), batchLines(3));
    await writeLines(join(folder, 'bad.jsonl'), [
      ...Array(12).fill('{"a\u001b[31m'),
      batchLine(1, { custom_id: '\u202e\u009b' }),
      batchLine(2, { custom_id: '\u202e\u009b' }),
    ]);

    const { code, stdout, stderr } = await cli.run([
      'check',
      'good.jsonl',
      'bad.jsonl',
      '--purpose',
      'batch',
    ]);

    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).not.toContain('good.jsonl');
    expect(stderr).toMatch(
      /\nfailed:\n {2}.*bad\.jsonl is not valid.*\n1 of 2 files valid for batch, 1 failed\n$/,
    );
    expect(stderr).toContain('13 errors, the first: line 1, column 4: expected the rest of the string');
    expect(stderr).toContain('\n  line 10, column 4: ');
    expect(stderr).toContain('\n  and 3 more\n');
    expect(stderr.match(/Each line has to be/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expectSilence(server);
    const quiet = await cli.run(['check', 'good.jsonl', '--purpose', 'batch', '--quiet']);
    expect(quiet).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('ends with the code of the first file that is no good, and looks at all of them', async ({
    folder,
    cli,
  }) => {
    await writeLines(join(folder, 'good.jsonl'), chatLines(10));
    await writeLines(join(folder, 'few.jsonl'), chatLines(9));
    const check = (...args: string[]) => cli.run(['check', '--purpose', 'fine-tune', '--json', ...args]);

    const { code, stdout } = await check('nowhere.jsonl', 'few.jsonl', 'good.jsonl');

    expect(code).toBe(3);
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(said.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'source_not_found'],
      ['failed', 'check_failed'],
      ['ok', undefined],
    ]);
    expect((await check('--purpose', 'vision', 'few.jsonl')).code).toBe(0);
    expect((await check('--purpose', '', 'few.jsonl')).code).toBe(2);
  });

  test('of a line that does not end takes no memory for it', async ({ folder, cli }) => {
    const file = await open(join(folder, 'a.jsonl'), 'w');
    const piece = Buffer.alloc(1_000_000, '[');
    for (let count = 0; count < 100; count += 1) await file.write(piece);
    await file.close();

    const { code, stdout } = await cli.run(['check', 'a.jsonl', '--purpose', 'fine-tune', '--json'], {
      NODE_OPTIONS: '--max-old-space-size=32',
    });

    expect(code).toBe(3);
    expect(JSON.parse(stdout).errors[0]).toMatchObject({ code: 'too_few_lines' });
    expect(JSON.parse(stdout).errors[1]).toMatchObject({ code: 'invalid_json', line: 1, column: 10_001 });
  });
});

describe('openai-upload push --dry-run', () => {
  test('tells the plan of each file, needs no key and makes no request', async ({ folder, server, cli }) => {
    await leaveHalfDone(folder, server, cli);
    await writeLines(join(folder, 'bad.jsonl'), ['{']);
    const before = server.requests().length;
    const push = (...args: string[]) =>
      cli.run(['push', '--purpose', 'batch', '--dry-run', ...args], { OPENAI_API_KEY: '' });

    const plain = await push('a.jsonl');
    const json = await push('a.jsonl', 'bad.jsonl', '--no-resume', '--part-size', '5000', '--json');

    expect([plain.code, plain.stdout, json.code]).toEqual([0, '', 3]);
    const uploadId = server.uploads()[0]?.id ?? '';
    expect(plain.stderr).toContain(`continuing ${uploadId}, 1 of `);
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      {
        v: 1,
        status: 'planned',
        path: join(folder, 'a.jsonl'),
        filename: 'a.jsonl',
        purpose: 'batch',
        mime_type: 'text/jsonl',
        part_bytes: 5000,
        parts: Math.ceil((await stat(join(folder, 'a.jsonl'))).size / 5000),
        continues: null,
        parts_resumed: 0,
      },
      { status: 'failed', error: { code: 'check_failed' } },
    ]);
    expect(server.requests()).toHaveLength(before);
  });
});

function expectSilence(server: UploadsServer): void {
  expect(server.requests()).toEqual([]);
}

/** A push of a.jsonl, of which one part is acknowledged and the others are not. */
async function leaveHalfDone(folder: string, server: UploadsServer, cli: Cli): Promise<void> {
  await writeLines(join(folder, 'a.jsonl'), batchLines(100));
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  const flags = ['--part-size', '9000', '--concurrency', '1', '--retries', '0'];
  expect((await cli.run(['push', 'a.jsonl', '--purpose', 'batch', ...flags])).code).toBe(5);
}
