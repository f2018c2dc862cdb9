import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CommandContext } from '../../../src/cli/command.ts';
import { note } from '../../../src/cli/outcome.ts';
import { withOutput } from '../../../src/cli/output-file.ts';
import { mayMount } from '../../helpers/may-mount.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

describe.skipIf(!mayMount())('--output on a disk that is nearly full', () => {
  it('fails when only the beginning of the last line can be written', async () => {
    const folder = await temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));

    const context = {} as CommandContext;
    const output = join(folder, 'ids');
    const outcomes = withOutput({ output }, context, async function* ({ onFile }) {
      onFile?.('a'.repeat(4096), 'file-1');
      yield note('done');
    });

    const failed = { status: 'failed', error: { message: expect.stringMatching(/ENOSPC/) } };
    expect([(await outcomes.next()).value, (await outcomes.next()).value]).toMatchObject([{}, failed]);
  });
});
