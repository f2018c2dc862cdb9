import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { type Cli, test } from '../helpers/fixtures.ts';
import { chatLines, writeLines } from '../helpers/jsonl.ts';
import { codeBlocks, readDocument } from '../helpers/markdown.ts';
import { BINARY } from '../helpers/run-cli.ts';
import type { UploadsServer } from '../helpers/uploads-server/uploads-server.ts';

const ID_IN_DOCS = 'upload_abc123';

/** Each line by itself, because an upload that one line has ended another could not resume. */
const lines = (await Promise.all(['README.md', 'docs/cli.md'].map(readDocument)))
  .flatMap(codeBlocks)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => /^(id=\$\()?openai-upload /.test(line));

describe('the commands in the documents', () => {
  test('are found', () => {
    expect(lines.length).toBeGreaterThan(5);
  });

  test.for(lines)('%s', async (line, { folder, server, cli }) => {
    const bin = await putOnPath(folder);
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    for (const name of ['train.jsonl', 'more.jsonl']) await writeLines(join(folder, name), chatLines(10));
    const uploadId = line.includes(ID_IN_DOCS) ? await leaveHalfDone(server, cli) : ID_IN_DOCS;
    const script = `${line.replaceAll(ID_IN_DOCS, uploadId)}\necho "\${id-}"`;
    const env = { ...cli.env, PATH: `${bin}:${process.env.PATH}` };

    const { stdout } = await promisify(execFile)('bash', ['-euc', script], { cwd: folder, env });

    const ids = server.files().map(({ id }) => id);
    expect(stdout.split('\n').filter(Boolean)).toEqual(ids);
    expect(ids).toHaveLength(
      / (cancel|check) |--dry-run/.test(line) ? 0 : line.includes('more.jsonl') ? 2 : 1,
    );
  });
});

/** As `npm link` does. */
async function putOnPath(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${BINARY}' "$@"\n`;
  await writeFile(join(bin, 'openai-upload'), script, { mode: 0o755 });
  return bin;
}

/** An upload of which one part is acknowledged and one is not. @returns its id */
async function leaveHalfDone(server: UploadsServer, cli: Cli): Promise<string> {
  server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  const flags = ['--purpose', 'batch', '--part-size', '2500', '--concurrency', '1', '--retries', '0'];
  const { code } = await cli.run(['push', 'big.jsonl', ...flags]);
  expect(code).toBe(5);
  return server.uploads()[0]?.id ?? '';
}
