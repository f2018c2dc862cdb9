import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordOf } from '../../helpers/record.ts';
import { runMain } from '../../helpers/run-main.ts';
import { SHELLS } from '../../helpers/shells/offers.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { commandNames, wholeProgram } from '../../helpers/whole-program.ts';

describe.each(SHELLS)('the completion for %s', (shell) => {
  it('names every command and every flag that a help shows, and asks for ids', async () => {
    const { code, stdout, stderr } = await runMain(['completion', shell]);
    expect([code, stderr]).toEqual([0, '']);
    const words = new Set(stdout.split(/[^\w-]+/));
    const program = await wholeProgram();
    const flags = program.commands
      .flatMap((command) => command.createHelp().visibleOptions(command))
      .map(({ long }) => (shell === 'fish' ? long?.slice(2) : long));
    const commands = commandNames(program).flatMap((name) => name.split(' ').slice(-1));
    expect([...flags, ...commands.filter(Boolean)].filter((word) => !words.has(word ?? ''))).toEqual([]);
    expect(stdout).toContain('openai-upload __complete');
  });

  it('ends in one line break, and is the same each time', async () => {
    const { stdout } = await runMain(['completion', shell]);
    expect(stdout).toMatch(/[^\n]\n$/);
    expect((await runMain(['completion', shell])).stdout).toBe(stdout);
  });
});

describe('the ids for a completion', () => {
  it('are of unfinished uploads, newest first, each with its file', async () => {
    const stateDir = await temporaryFolder();
    const records = [
      recordOf({ uploadId: 'upload_old', createdAt: 1 }),
      recordOf({ uploadId: 'b64+/==', createdAt: 2, filename: 'a\tb\u001b', status: 'completing' }),
      recordOf({ uploadId: 'upload_over', expiresAt: 1 }),
      recordOf({ uploadId: 'upload_done', status: 'completed', file: { id: 'file-1' } }),
      recordOf({ uploadId: 'upload_$(id)' }),
      recordOf({ uploadId: '-rf' }),
    ];
    for (const [index, record] of records.entries())
      await writeFile(join(stateDir, `${index}.json`), JSON.stringify(record));
    const env = { OPENAI_UPLOAD_STATE_DIR: stateDir };

    expect(await runMain(['__complete'], { env })).toEqual({
      code: 0,
      stdout: 'b64+/==\ta\\x09b\\x1b\nupload_old\ta.jsonl\n',
      stderr: '',
    });
  });

  it('come from where the configuration keeps sessions', async () => {
    const stateDir = await temporaryFolder();
    await writeFile(join(stateDir, 'upload_1.json'), JSON.stringify(recordOf()));
    const configDir = await temporaryFolder();
    await writeFile(join(configDir, 'config.json'), JSON.stringify({ stateDir }));
    const { stdout } = await runMain(['__complete'], { env: { OPENAI_UPLOAD_CONFIG_DIR: configDir } });

    expect(stdout).toBe('upload_1\ta.jsonl\n');
  });
});
