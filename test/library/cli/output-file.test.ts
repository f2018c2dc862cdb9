import { execFileSync } from 'node:child_process';
import { link, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CommandContext } from '../../../src/cli/command.ts';
import { note } from '../../../src/cli/outcome.ts';
import { withOutput } from '../../../src/cli/output-file.ts';
import { mayMount } from '../../helpers/may-mount.ts';
import { runMain } from '../../helpers/run-main.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

describe.skipIf(!mayMount())('--output on a disk that is nearly full', () => {
  it('fails when only the beginning of the last line can be written', async () => {
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));

    const context = {} as CommandContext;
    const output = join(folder, 'ids');
    const outcomes = withOutput({ output, reads: [] }, context, async function* ({ onFile }) {
      onFile?.('a'.repeat(4096), 'file-1');
      yield note('done');
    });

    const failed = { status: 'failed', error: { message: expect.stringMatching(/ENOSPC/) } };
    expect([(await outcomes.next()).value, (await outcomes.next()).value]).toMatchObject([{}, failed]);
  });
});

describe('--output to a file that the push reads', () => {
  const setUp = async () => {
    const folder = await temporaryFolder();
    const [data, list] = [join(folder, 'data.tsv'), join(folder, 'list')];
    await writeFile(data, 'a line of data\n');
    await writeFile(list, `${data}\n`);
    return { folder, data, list };
  };
  const push = async (...args: string[]) => {
    const env = { OPENAI_API_KEY: 'sk-test-key', OPENAI_UPLOAD_STATE_DIR: await temporaryFolder() };
    return await runMain(['push', '--purpose', 'user_data', ...args], { env });
  };

  it('is refused before anything is overwritten', async () => {
    const { folder, data, list } = await setUp();
    const hard = join(folder, 'hard');
    await link(data, hard);

    for (const args of [
      [data, '--output', data],
      [data, '--output', hard],
      ['-r', folder, '--output', data],
      ['--files-from', list, '--output', data],
      ['--files-from', list, '--output', list],
      [data, '--manifest', list, '--output', list],
    ]) {
      const { code, stderr } = await push(...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/--output would overwrite .*to be read/)]);
    }
    expect(await readFile(data, 'utf8')).toBe('a line of data\n');
    expect(await readFile(list, 'utf8')).toBe(`${data}\n`);
  });

  it('is no obstacle when it is the output of an earlier push in that folder', async () => {
    const { folder } = await setUp();
    const output = join(folder, 'ids.tsv');
    await writeFile(output, 'data.tsv\tfile-1\n');
    const { stderr } = await push('-r', folder, '--exclude', '*', '--output', output);
    expect(stderr).toContain('nothing to push: no file was found\n');
  });
});
