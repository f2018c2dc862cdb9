import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { allExamples } from '../../src/cli/command.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { batchLines, chatLines, writeLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { codeBlocks, readDocument } from '../helpers/markdown.ts';
import { putOnPath } from '../helpers/put-on-path.ts';
import { CLEAN, hasShell, type Shell } from '../helpers/shells/offers.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';
import { wholeProgram } from '../helpers/whole-program.ts';

const IDS_IN_DOCS = ['upload_abc123', 'upload_def456'] as const;
/** The file of each. */
const SOURCES = ['big.jsonl', 'train.jsonl'] as const;
const FILES = [...SOURCES, 'more.jsonl'];

const inHelps = allExamples(await wholeProgram()).flatMap(([, examples]) => examples.map(([, line]) => line));
const inDocument = codeBlocks(await readDocument('docs/configuration.md'))
  .filter(({ language }) => language === 'zsh' || language === 'fish')
  .flatMap(({ text }) => text.trimEnd().split('\n'));

/** Each line by itself, because an upload that one line has ended another could not resume. */
const lines = [...new Set([...inHelps, ...inDocument])];
const isAbout = (commands: string) => (line: string) =>
  new RegExp(`openai-upload (${commands})\\b`).test(line);

test('every example of a help is run below, and what the documents say to zsh and fish', () => {
  const run = new Set([
    ...uploading,
    ...checking,
    ...diagnosing,
    ...looking,
    ...configuring,
    ...completing,
    ...helping,
  ]);
  expect(inHelps.length).toBeGreaterThan(40);
  expect(inDocument.length).toBe(4);
  expect(lines.filter((line) => !run.has(line))).toEqual([]);
});

const uploading = lines.filter(isAbout('push|resume|cancel'));

describe('a command about uploads', () => {
  test.skipIf(lacks('shell')).for(uploading)('%s', async (line, { folder, server, cli }) => {
    await makeFiles(folder);
    const ids = line.includes(' push ') ? [] : await leaveHalfDone(server, cli, namedIn(line));

    const { stdout } = await run(`${withIds(line, ids)}\necho "\${id-}"`, folder, cli);

    const files = server.files().map(({ id }) => id);
    const shown = stdout.split('\n').filter(Boolean);
    const isCancel = line.includes(' cancel ');
    if (line.includes('--json'))
      expect(shown.map((text) => JSON.parse(text).file_id ?? null).sort()).toEqual(
        isCancel ? [null] : files.toSorted(),
      );
    else expect(shown.toSorted()).toEqual(files.toSorted());
    expect(files).toHaveLength(
      isCancel ? 0 : Math.max(1, FILES.filter((name) => line.includes(` ${name}`)).length),
    );
    expect(server.uploads().map(({ status }) => status)).toEqual(
      server.uploads().map(() => (isCancel ? 'cancelled' : 'completed')),
    );
  });
});

const checking = lines.filter(isAbout('check'));

describe('a command about files', () => {
  test.skipIf(lacks('shell')).for(checking)('%s', async (line, { folder, server, cli }) => {
    await makeFiles(folder);
    const { stdout } = await run(line, folder, cli);
    expect(stdout === '' || JSON.parse(stdout).status === 'ok').toBe(true);
    expect(server.requests()).toHaveLength(line.includes('--online') ? 1 : 0);
  });
});

const diagnosing = lines.filter(isAbout('doctor'));

describe('a command about what an upload needs', () => {
  test.skipIf(lacks('shell')).for(diagnosing)('%s', async (line, { folder, server, cli }) => {
    const { stdout } = await run(line, folder, cli);

    expect(stdout).toContain('key');
    expect(stdout).not.toMatch(/failed|skipped/);
    expect(server.files()).toEqual([]);
  });
});

const looking = lines.filter(isAbout('list|status|prune'));

describe('a command about what is saved', () => {
  test.skipIf(lacks('shell')).for(looking)('%s', async (line, { folder, server, cli }) => {
    await makeFiles(folder);
    const ids = await leaveHalfDone(server, cli, 1);

    const { stdout } = await run(withIds(line, ids), folder, cli);

    if (line.includes(' prune')) expect(stdout).toBe('');
    else expect(stdout.split('\n')[0]).toContain(ids[0]);
  });
});

const configuring = lines.filter((line) => isAbout('config')(line));

/** What each prints with a part size of 32MB set; what is not here prints nothing. */
const CONFIG_OUTPUT: readonly (readonly [RegExp, RegExp])[] = [
  [/config list$/, /^partSize\t32MB\n$/],
  [/config list --json$/, /^\{"v":1,.*"values":\{"partSize":"32MB"\}.*\}\n$/],
  [/config list \| cut/, /^partSize\n$/],
  [/^openai-upload config get partSize$/, /^32MB\n$/],
  [/config get partSize --json$/, /^\{"v":1,"key":"partSize","value":"32MB"\}\n$/],
  [/config unset partSize --json$/, /^\{"v":1,"key":"partSize","value":null\}\n$/],
  [/config profiles --json$/, /^\{"v":1,.*"profiles":\{\}\}\n$/],
  [/^openai-upload config path$/, /\/config\.json\n$/],
  [/^cat /, /^\{\n {2}"partSize": "32MB"\n\}\n$/],
  [/=\.\/team /, /\/team\/config\.json\n$/],
];

describe('a command about the configuration', () => {
  test.skipIf(lacks('shell')).for(configuring)('%s', async (line, { folder, server, cli }) => {
    await run('openai-upload config set partSize 32MB', folder, cli);

    const { stdout, stderr } = await run(line, folder, cli);

    const [, expected] = CONFIG_OUTPUT.find(([pattern]) => pattern.test(line)) ?? [];
    expect(stdout).toMatch(expected ?? /^$/);
    const isOverridden = /config set baseUrl/.test(line);
    expect(stderr).toBe(isOverridden ? 'baseUrl: OPENAI_BASE_URL is set in the environment and wins\n' : '');
    expect((await run('openai-upload config list', folder, cli)).stdout).toMatch(/^(\w+\t[^\t\n]+\n)*$/);
    expect(server.requests()).toEqual([]);
  });
});

const completing = lines.filter(isAbout('completion'));

describe('a command about completion', () => {
  test.skipIf(lacks('shell')).for(completing)('%s', async (line, { folder, cli, skip }) => {
    const shell = /^eval .* zsh\)|^source .* zsh\)/.test(line)
      ? 'zsh'
      : line.endsWith('| source')
        ? 'fish'
        : 'bash';
    skip(!hasShell(shell), `there is no ${shell}`);
    for (const place of ['.local/share/bash-completion/completions', '.zfunc', '.config/fish/completions'])
      await mkdir(join(folder, place), { recursive: true });

    const { stdout, stderr } = await run(line, folder, cli, shell);

    expect([stdout, stderr]).toEqual(['', '']);
  });
});

const helping = lines.filter(isAbout('help'));

describe('a command about commands', () => {
  test.skipIf(lacks('shell')).for(helping)('%s', async (line, { folder, cli }) => {
    const { stdout, stderr } = await run(line, folder, cli);
    const [, name = ''] = / help ?(.*)$/.exec(line) ?? [];
    const begins = name === 'exit-codes' ? 'Exit codes:' : `Usage: openai-upload ${name}`;
    expect(stdout.startsWith(begins)).toBe(true);
    expect(stderr).toBe('');
  });
});

function run(line: string, folder: string, cli: Cli, shell: Shell = 'bash') {
  const flags = { bash: '-euc', zsh: '-ec', fish: '-c' }[shell];
  const script = shell === 'zsh' ? `autoload -Uz compinit && compinit -D -u\n${line}` : line;
  return putOnPath(folder).then((PATH) =>
    promisify(execFile)(shell, [...CLEAN[shell], flags, script], { cwd: folder, env: { ...cli.env, PATH } }),
  );
}

/** How many uploads a line is about; one that names none is about all. */
function namedIn(line: string): number {
  return Math.max(1, IDS_IN_DOCS.filter((id) => line.includes(id)).length);
}

function withIds(line: string, ids: readonly string[]): string {
  return IDS_IN_DOCS.reduce((text, known, index) => text.replaceAll(known, ids[index] ?? known), line);
}

/** Uploads of which one part is acknowledged and one is not. @returns their ids */
async function leaveHalfDone(server: UploadsServer, cli: Cli, count: number): Promise<readonly string[]> {
  for (const [index, source] of SOURCES.slice(0, count).entries()) {
    server.addFaults({ call: 'part', nth: 2 * index + 2, kind: 'status', status: 500 });
    const flags = [
      '--purpose',
      'batch',
      '--no-check',
      '--part-size',
      '300',
      '--concurrency',
      '1',
      '--retries',
      '0',
    ];
    expect((await cli.run(['push', source, ...flags])).code).toBe(5);
  }
  return server.uploads().map(({ id }) => id);
}

/** Fit for what the examples say they are for. */
async function makeFiles(folder: string): Promise<void> {
  await writeLines(join(folder, 'big.jsonl'), batchLines(20));
  for (const name of ['train.jsonl', 'more.jsonl']) await writeLines(join(folder, name), chatLines(10));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'a.pdf'), '%PDF-1.7\n');
  await writeFile(join(folder, 'data.gz'), gzipSync(`${batchLines(20).join('\n')}\n`));
}
