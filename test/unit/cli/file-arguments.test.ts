import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { expandWildcards } from '../../../src/cli/file-arguments.ts';
import { batchLine, batchLines } from '../../helpers/jsonl.ts';
import { runMain } from '../../helpers/run-main.ts';
import { objectsOf } from '../../helpers/split-file.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const NAMED = ['-', '--filename', 'a.jsonl', '--purpose', 'batch'];

/** No server: nothing here makes a request. */
async function pipe(command: string, lines: readonly string[], ...flags: readonly string[]) {
  const env = { OPENAI_UPLOAD_STATE_DIR: join(await temporaryFolder(), 'state') };
  const stdin = Readable.from(lines.map((line) => Buffer.from(`${line}\n`)));
  return await runMain([command, ...NAMED, ...flags], { env, stdin });
}

describe('standard input', () => {
  it('is checked as a file is, under its name', async () => {
    const good = await pipe('check', batchLines(3), '--json');
    expect(good.code).toBe(0);
    expect(objectsOf(good.stdout)).toMatchObject([{ status: 'ok', lines: 3 }]);

    const bad = await pipe('check', [batchLine(1), batchLine(1), '', '{']);
    expect(bad.code).toBe(3);
    expect(bad.stderr).toMatch(/a\.jsonl is not valid for batch: 2 errors/);
    expect(bad.stderr).toContain('line 4, column 2');
    expect(bad.stderr).toContain('a.jsonl: warning: line 3: this line is blank');
  });

  it('is planned and not kept with --dry-run, and needs no key', async () => {
    const { code, stdout } = await pipe('push', batchLines(3), '--dry-run', '--json');
    expect(code).toBe(0);
    expect(objectsOf(stdout)).toMatchObject([{ status: 'planned', filename: 'a.jsonl', parts: 1 }]);

    expect((await pipe('push', ['{'], '--dry-run')).code).toBe(3);
    expect((await pipe('push', ['{'], '--dry-run', '--no-check')).code).toBe(0);
    expect((await pipe('push', [], '--dry-run')).code).toBe(3);
  });

  it.each([
    [['push', '-', '--purpose', 'batch'], 'no name'],
    [['push', ...NAMED, 'b.jsonl'], 'cannot be combined'],
    [['check', ...NAMED, '--files-from', 'list'], '--filename is the name of one file'],
    [['push', ...NAMED, '--shard', '1/2'], '--shard cannot be used with standard input'],
    [['push', 'a', '--null', '--purpose', 'batch'], '--null needs --files-from'],
    [['push', '--purpose', 'batch'], "missing required argument 'file', or --files-from"],
  ])('is refused as %j', async (args, says) => {
    const { code, stderr } = await runMain(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('wildcards', () => {
  it('are expanded where the shell leaves them to the program', async () => {
    const folder = await temporaryFolder();
    for (const name of ['b.jsonl', 'a.JSONL', 'a.jsonl.bak', '.c.jsonl', 'aXjsonl'])
      await writeFile(join(folder, name), '');
    const at = (...names: string[]) => names.map((name) => join(folder, name));

    expect(await expandWildcards(at('*.jsonl'), 'win32')).toEqual(at('a.JSONL', 'b.jsonl'));
    expect(await expandWildcards(at('?.jsonl', 'b.jsonl'), 'win32')).toEqual(
      at('a.JSONL', 'b.jsonl', 'b.jsonl'),
    );
    expect(await expandWildcards(at('*.pdf', '-'), 'win32')).toEqual(at('*.pdf', '-'));
    expect(await expandWildcards(at('none/*.pdf'), 'win32')).toEqual(at('none/*.pdf'));
    expect(await expandWildcards(at('*.jsonl'), 'linux')).toEqual(at('*.jsonl'));
  });
});
