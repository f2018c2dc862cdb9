import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { transform } from 'esbuild';
import { describe, expect } from 'vitest';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { codeBlocks, ROOT, readDocument } from '../helpers/markdown.ts';
import { recordOf } from '../helpers/record.ts';
import { noPatience, sessionsIn } from '../helpers/sessions.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';

const examples = [
  ...codeBlocks(await readDocument('docs/library.md')),
  ...codeBlocks(await readDocument('README.md')),
].filter(({ language }) => language === 'js' || language === 'ts');

interface Expectation {
  readonly prints: RegExp;
  readonly fault?: Fault;
  /** An upload of another day is saved already. */
  readonly hasSession?: true;
}

/** What an example prints, by its heading, and the trouble that it needs to show what it is about. */
const expectations: Readonly<Record<string, Expectation>> = {
  'The library': { prints: /^file-\w+ [0-9a-f]{32} 5000 bytes in [\d.]+ s\n$/ },
  'Upload the same bytes only once': { prints: /^true true 0\n$/ },
  'Share a list between machines': { prints: /^\[ 'part-3\.jsonl' \]\n$/ },
  'Push data': { prints: /^file-\w+ -\nfile-\w+\n$/ },
  'Several files': { prints: /^(file-\w+\n){2}$/ },
  'Files in a folder': { prints: /^big\.jsonl completed\nmore\.jsonl completed\n$/ },
  Jobs: { prints: /^0\n$/ },
  'Split a batch': { prints: /^(big\.0000\d\.jsonl, lines \d+ to \d+: file-\w+\n)+$/ },
  'Resume after a failure': {
    prints: /^file-\w+\n$/,
    fault: { call: 'part', nth: 1, kind: 'status', status: 500, headers: { 'x-should-retry': 'false' } },
  },
  'Stop and watch progress': {
    prints: /^upload_\w+: 5000 bytes\n(\d+ bytes, (null|[\d.]+) ms left\n)*5000 bytes, 0 ms left\n$/,
  },
  Cancel: { prints: /^cancelled true\n$/ },
  'Saved sessions': {
    prints: /^a\.jsonl: pending, 1 of 3 parts, \d+ ms left, source\n0 could be forgotten, 0 must be kept\n$/,
    hasSession: true,
  },
  'Your own session store': { prints: /^file-\w+ 1\n$/ },
  Check: { prints: /^$/ },
  Diagnose: { prints: /^(\w+ ok .*\n){5}$/ },
  'The key': { prints: /^file-\w+\n$/ },
  'In a program': { prints: /^file-\w+\n$/ },
};

describe('the examples of the library', () => {
  test('are all known here', () => {
    expect(examples.map(({ heading }) => heading)).toEqual(Object.keys(expectations));
  });

  test.skipIf(lacks('junctions')).for([['es2023'], ['es2023', 'dom']])(
    'compile under strict, with the libraries %j',
    async (lib, { folder }) => {
      await linkPackage(folder);
      const files = examples.map((_, index) => `example-${index}.mts`);
      for (const [index, { text }] of examples.entries())
        await writeFile(join(folder, files[index] ?? ''), text);
      const types = join(ROOT, 'node_modules', '@types');
      const compilerOptions = {
        lib,
        module: 'nodenext',
        target: 'es2023',
        typeRoots: [types],
        types: ['node'],
        strict: true,
        skipLibCheck: true,
        noEmit: true,
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));

      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });

      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    },
  );

  test.skipIf(lacks('junctions')).for(examples.map((example) => [example.heading, example.text] as const))(
    '%s',
    async ([heading, code], { folder, server, cli }) => {
      const { prints, fault, hasSession } = expectations[heading] ?? { prints: /^$/ };
      if (fault) server.addFaults(fault);
      if (hasSession) await (await sessionsIn(cli.stateDir).create(recordOf(), noPatience)).release();
      for (const name of ['big.jsonl', 'more.jsonl']) await writeBatchFile(join(folder, name), 5000);
      await linkPackage(folder);
      await writeFile(join(folder, 'example.mjs'), (await transform(code, { loader: 'ts' })).code);

      const child = spawn(process.execPath, ['example.mjs'], { cwd: folder, env: cli.env });
      const [stdout, stderr, [exitCode]] = await Promise.all([
        readAll(child.stdout),
        readAll(child.stderr),
        once(child, 'close'),
      ]);

      expect({ exitCode, stderr, stdout }).toEqual({
        exitCode: 0,
        stderr: '',
        stdout: expect.stringMatching(prints),
      });
    },
  );
});

/** As after `npm install openai-upload`. */
async function linkPackage(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'));
  // Anyone may make a junction; on other systems it is a link.
  await symlink(ROOT, join(folder, 'node_modules', 'openai-upload'), 'junction');
}
