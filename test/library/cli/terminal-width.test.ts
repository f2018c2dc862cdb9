import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, it, onTestFinished } from 'vitest';
import { makeFile } from '../../helpers/make-file.ts';
import { recordOf } from '../../helpers/record.ts';
import { runMain } from '../../helpers/run-main.ts';
import { sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import { commandNames, wholeProgram } from '../../helpers/whole-program.ts';

/** A word has to stay whole, and so has a command that is there to be copied. */
const WHOLE = /^\s*(\S+|\S*openai-upload [a-z].*)$/;

it.each([80, 40])('everything fits a terminal of %i columns, and nothing is cut', async (columns) => {
  const server = await startUploadsServer({ profile: 'strict' });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const file = join(folder, 'a-file-with-quite-a-long-name-of-the-year-2026.bin');
  await makeFile(file, 2500);
  const stateDir = join(folder, 'a-directory-with-a-long-name', 'state');
  const env = {
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: stateDir,
  };
  const record = recordOf({ uploadId: 'upload_f15a7f7fc5e8c42d7614087d' });
  const session = await sessionsIn(stateDir).create(record, {
    waitMs: 0,
    signal: new AbortController().signal,
    onWait: () => undefined,
  });
  await session.release();

  const push = ['push', file, '--purpose', 'vision', '--no-resume', '--retries', '0'];
  const lines = [
    ...commandNames(await wholeProgram()).map((name) => [...name.split(' '), '--help'].filter(Boolean)),
    ['help', 'exit-codes'],
    [...push, '--expires-after', 'tomorrow'],
    [...push, '--verbose'],
    [...push, '--progress', 'plain', '--base-url', 'http://127.0.0.1:1/v1'],
    [...push, '--progress', 'none', '--quiet', '--key-command', 'false'],
    [...push, 'no-such-file'],
    [...push, '--dry-run'],
    ['check', file, '--purpose', 'batch'],
    ['resume', file],
    ['list'],
    ['status', record.uploadId],
    ['prune', '--dry-run'],
    ['doctor'],
    ['doctor', '--base-url', 'http://127.0.0.1:1/v1'],
  ];

  for (const line of lines) {
    const { stdout, stderr } = await runMain(line, { env, columns, isTTY: true });
    const shown = stripVTControlCharacters(stdout + stderr).split(/[\r\n]/);
    const tooWide = shown.filter((text) => stringWidth(text) > columns && !WHOLE.test(text));
    expect([line, tooWide]).toEqual([line, []]);
  }
});
