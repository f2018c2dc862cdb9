import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { describe, expect } from 'vitest';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { documentedCommands } from '../helpers/documented-commands.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { batchLine, batchLines, chatLines, writeLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { codeBlocks, ROOT, readDocument } from '../helpers/markdown.ts';
import { runDocumented } from '../helpers/run-documented.ts';
import { hasProgram } from '../helpers/shells/offers.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

/** Why a command of the documents is not run here. What is neither run nor listed fails. */
const notRun: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'installs; the demo has a test of its own',
  'npm ci && npm test': 'installs, and would run these tests in themselves',
  'npm ci && npm link': 'installs, and writes where npm keeps its programs',
  'npm install --global openai-upload': 'installs, from the registry',
  'npm install --global ./openai-upload.tgz': 'installs, and writes where npm keeps its programs',
  'openai-upload check requests.jsonl --purpose batch': 'has to fail, which a test of its own looks at',
  'export OPENAI_API_KEY=sk-...': 'the tests have a key of their own',
};

/** Languages whose blocks are not commands, or are run elsewhere. */
const otherLanguages = ['', 'js', 'json', 'ts', 'zsh', 'fish'];

/** Those of docs/fleet.md are run by test/binary/fleet-docs.test.ts, several at a time. */
const ownDocuments = (await readdir(join(ROOT, 'docs'))).filter((name) => name !== 'fleet.md');
const documents = ['README.md', ...ownDocuments.map((name) => `docs/${name}`)];
const texts = await Promise.all(documents.map(readDocument));
const commands = texts.flatMap(documentedCommands).map(({ text }) => text);
/** Needs a proxy and a certificate: test/binary/ci.test.ts runs it. */
const needsProxy = (text: string) => text.includes('HTTPS_PROXY=');
/** What is done with the id of a file is for another part of the API. */
const isForTheApi = (text: string) => text.startsWith('curl ');
/** Unpacks what is attached to a release. */
const isOfRelease = (text: string) => text.includes('tar -xzf openai-upload-');
/** Asks the tool of a cloud for a key to its server. */
const isOfCloud = (text: string) => text.includes('az account get-access-token');
const toRun = [...new Set(commands)].filter(
  (text) =>
    notRun[text] === undefined &&
    ![needsProxy, isForTheApi, isOfRelease, isOfCloud].some((isOther) => isOther(text)),
);

describe('the commands in the documents', () => {
  test('are found, and stand in blocks whose language says so', () => {
    const languages = new Set(texts.flatMap(codeBlocks).map(({ language }) => language));

    expect(toRun.length).toBeGreaterThan(25);
    expect([...languages].filter((language) => !otherLanguages.includes(language)).sort()).toEqual([
      'console',
      'sh',
      'yaml',
    ]);
  });

  test('that are not run are still there', () => {
    expect(Object.keys(notRun).filter((text) => !commands.includes(text))).toEqual([]);
  });

  test('that are run are all about openai-upload, and take nothing from the file they stand in', () => {
    expect(toRun.filter((text) => !text.includes('openai-upload ') || text.includes('${{'))).toEqual([]);
  });

  test.skipIf(lacks('shell')).for(toRun.map((text) => [titleOf(text), text] as const))(
    '%s',
    async ([, text], { folder, server, cli, skip }) => {
      const isMissing = text.startsWith('timeout ') && !hasProgram('timeout');
      skip(isMissing, 'there is no timeout of GNU, as on macOS');
      await writeBatchFile(join(folder, 'big.jsonl'), 5000);
      for (const name of ['train.jsonl', 'more.jsonl']) await writeLines(join(folder, name), chatLines(10));
      await mkdir(join(folder, 'data', 'drafts'), { recursive: true });
      await writeFile(join(folder, 'data', 'a.pdf'), 'pdf');
      // In the second of four shares.
      await writeFile(join(folder, 'files.txt'), 'big.jsonl\n');
      const sends = / (push|resume)\b/.test(text) && !text.includes('--dry-run');
      const uploadId = / (push|check) /.test(text) ? '' : await leaveHalfDone(server, cli);
      const output = join(folder, 'output');
      const script = `${text.replaceAll(/\bupload_[0-9a-f]{6,}\b|\bupload_abc123\b/g, uploadId)}`;
      const ending = script.startsWith('id=') && !script.includes('\n') ? '\necho "$id"' : '';

      const { code, stdout, stderr } = await runDocumented(script + ending, {
        folder,
        cli,
        args: ['big.jsonl', 'batch'],
        // The last two are the inputs of the action in docs/ci.md.
        env: { GITHUB_OUTPUT: output, FILE: 'big.jsonl', PURPOSE: 'batch' },
      });

      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('openai-upload: ') });
      const written = await Promise.all([output, join(folder, 'file-id.txt')].map(readOrEmpty));
      const ids = server.files().map(({ id }) => id);
      const told = `${stdout}${written.join('')}`.match(/\bfile-\w+/g) ?? [];
      expect(told.filter((id) => id !== 'file-id')).toEqual(ids);
      expect(ids).toHaveLength(text.includes('more.jsonl') ? 2 : sends ? 1 : 0);
      if (/upload (list|status)\b/.test(text)) expect(stdout).toContain(uploadId);
    },
  );

  test('show of `status` what it prints', async ({ folder, server, cli }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    const { stdout } = await cli.run(['status', await leaveHalfDone(server, cli)]);
    const shown = texts
      .flatMap(codeBlocks)
      .find(({ text }) => text.startsWith('$ openai-upload status'))
      ?.text.split('\n')
      .slice(1);

    const words = (lines: readonly string[] | undefined) => lines?.map((line) => /^\w*/.exec(line)?.[0]);
    expect(words(shown)).toEqual(words(stdout.split('\n')));
  });

  test('show of `check` what it prints', async ({ folder, cli }) => {
    const lines = batchLines(20);
    lines[4] = '{"custom_id":"",}';
    lines[8] = '';
    lines[11] = batchLine(12, { custom_id: 'request-3' });
    lines[19] = batchLine(20, { body: { model: 'gpt-6-luna' } });
    await writeLines(join(folder, 'requests.jsonl'), lines);
    const [command = '', ...shown] =
      texts
        .flatMap(codeBlocks)
        .find(({ text }) => text.startsWith('$ openai-upload check'))
        ?.text.trim()
        .split('\n') ?? [];

    const { code, stdout, stderr } = await cli.run(command.split(' ').slice(2));

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr.trimEnd().replaceAll(`${folder}${sep}`, '/data/').split('\n')).toEqual(shown);
  });
});

/** The line that calls the program, of a script of several. */
function titleOf(script: string): string {
  return script.split('\n').findLast((line) => line.includes('openai-upload ')) ?? script;
}

function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** An upload of which one part is acknowledged and one is not. @returns its id */
async function leaveHalfDone(server: UploadsServer, cli: Cli): Promise<string> {
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  const flags = ['--purpose', 'batch', '--part-size', '2500', '--concurrency', '1', '--retries', '0'];
  const { code } = await cli.run(['push', 'big.jsonl', ...flags]);
  expect(code).toBe(5);
  return server.uploads()[0]?.id ?? '';
}
