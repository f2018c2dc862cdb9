import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { namesOfShard } from '../../src/local/names-of-shard.ts';
import { documentedCommands } from '../helpers/documented-commands.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { batchLines, chatLines, writeLines } from '../helpers/jsonl.ts';
import { lacks } from '../helpers/lacks.ts';
import { type CodeBlock, codeBlocks, readDocument } from '../helpers/markdown.ts';
import { runDocumented } from '../helpers/run-documented.ts';

const markdown = await readDocument('docs/fleet.md');
const inPod = argsOfPod(codeBlocks(markdown));
const commands = [...documentedCommands(markdown).map(({ text }) => text), inPod];

const FILES = Array.from({ length: 12 }, (_, index) => `part-${index}.jsonl`);
const TRAIN = ['train.jsonl', 'train-2.jsonl'];
const shard = (index: number, count: number) => namesOfShard(FILES, { index, count });

interface Row {
  /** Tells the command from the others. */
  readonly part: string;
  /** The variables of each of the processes, which run at once. */
  readonly processes: readonly NodeJS.ProcessEnv[];
  /** What is on the server afterwards, each once. */
  readonly files: readonly string[];
}

const alone = [{}];
const numbered = (name: string, count: number, from: number) =>
  Array.from({ length: count }, (_, index) => ({ [name]: String(index + from) }));

const rows: readonly Row[] = [
  { part: '--wait-lock 10m --json > shard-2.jsonl', processes: alone, files: shard(2, 4) },
  { part: 'find . ', processes: alone, files: TRAIN },
  { part: 'xargs ', processes: alone, files: FILES },
  { part: 'parallel --jobs', processes: alone, files: FILES },
  { part: 'parallel --sshloginfile', processes: alone, files: FILES },
  { part: '#SBATCH', processes: numbered('SLURM_ARRAY_TASK_ID', 8, 0), files: FILES },
  { part: 'JOB_COMPLETION_INDEX', processes: numbered('JOB_COMPLETION_INDEX', 8, 0), files: FILES },
  { part: '"$SHARD/4"', processes: numbered('SHARD', 4, 1), files: FILES },
  { part: '--limit-rate 10MB', processes: alone, files: shard(2, 8) },
  { part: '| jq -r', processes: alone, files: shard(2, 4) },
];

/** Run by a test of its own, or not at all: that installs. */
const others = ['cp shard-*', 'npm install'];

describe('the commands of docs/fleet.md', () => {
  test('are all run', () => {
    for (const part of [...rows.map((row) => row.part), ...others])
      expect(
        commands.filter((text) => text.includes(part)),
        part,
      ).toHaveLength(1);
    expect(commands).toHaveLength(rows.length + others.length);
  });

  test.skipIf(lacks('shell')).for(rows.map((row) => [row.part, row] as const))(
    '%s: every file once',
    async ([part, { processes, files }], { folder, server, cli }) => {
      await prepare(folder);
      const script = commands.find((text) => text.includes(part)) ?? '';

      const results = await Promise.all(processes.map((env) => runAs(script, env, folder, cli)));

      for (const { code, stderr } of results) expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(
        server
          .files()
          .map(({ filename }) => filename)
          .toSorted(),
      ).toEqual(files.toSorted());
      const told = (await outputs(folder)) + results.map(({ stdout }) => stdout).join('');
      expect(new Set(told.match(/\bfile-\w{8,}/g))).toEqual(new Set(server.files().map(({ id }) => id)));
    },
  );

  test.skipIf(lacks('shell'))(
    'put ledgers together, so that nothing is sent once more',
    async ({ folder, server, cli }) => {
      await prepare(folder);
      const push = ['push', '--files-from', 'files.txt', '--purpose', 'batch'];
      for (const index of [1, 2]) {
        const state = ['--state-dir', `shard-${index}`, '--shard', `${index}/2`];
        expect((await cli.run([...push, ...state])).code).toBe(0);
      }
      const script = commands.find((text) => text.includes('cp shard-*')) ?? '';

      const { code, stderr } = await runDocumented(script, { folder, cli });

      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('12 of them before'),
      });
      expect(server.files()).toHaveLength(FILES.length);
    },
  );
});

/** The script that the container of the job in the document runs. */
function argsOfPod(blocks: readonly CodeBlock[]): string {
  const job = blocks
    .filter(({ language }) => language === 'yaml')
    .map(({ text }) => parse(text))
    .find(({ kind }) => kind === 'Job');
  return job.spec.template.spec.containers[0].args[0].trim();
}

async function prepare(folder: string): Promise<void> {
  await mkdir(join(folder, 'files'));
  for (const [index, name] of FILES.entries()) {
    await writeLines(join(folder, name), batchLines(3 + index));
    await copyFile(join(folder, name), join(folder, 'files', name));
  }
  for (const [index, name] of TRAIN.entries()) await writeLines(join(folder, name), chatLines(10 + index));
  await writeFile(join(folder, 'files.txt'), `${FILES.join('\n')}\n`);
  // A colon stands for this machine, without ssh.
  await writeFile(join(folder, 'nodes'), ':\n');
  await mkdir(join(folder, 'bin'));
  if (!has('parallel')) await writeFile(join(folder, 'bin', 'parallel'), PARALLEL, { mode: 0o755 });
}

/** As the scheduler would: in the folder that it is told of, with the variables that it sets. */
function runAs(script: string, own: NodeJS.ProcessEnv, folder: string, cli: Cli) {
  const env = { ...own, ...(script.includes('SLURM') && { SLURM_SUBMIT_DIR: folder }) };
  const text = script === inPod ? `cd files\n${script}` : script;
  return runDocumented(text, { folder, cli, env });
}

/** All that was written into files of results. */
async function outputs(folder: string): Promise<string> {
  const inFolder = (await readdir(folder)).filter((name) => /^shard-.*\.jsonl$|^ids\.txt$/.test(name));
  const inResults = await readdir(join(folder, 'results')).catch(() => []);
  const paths = [...inFolder, ...inResults.map((name) => join('results', name))];
  return (await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')))).join('');
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What the document asks of GNU parallel, where there is none. */
const PARALLEL = `#!/bin/bash
while [[ $1 == --* ]]; do shift 2; done
command=$1; shift 2
for each; do bash -c "\${command//'{}'/$each}" & done
failed=0
for job in $(jobs -p); do wait "$job" || failed=1; done
exit $failed
`;
