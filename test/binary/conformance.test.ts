import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CHECKS } from '../conformance/checks.ts';
import { runCheck } from '../conformance/run-check.ts';
import { tableRows } from '../helpers/markdown.ts';

const OURS = fileURLToPath(new URL('../conformance/clients/openai-upload.js', import.meta.url));
const DOCUMENT = new URL('../../docs/conformance.md', import.meta.url);

it.each(['one byte', 'an empty file', 'wrong key', 'create: connection cut'])('passes: %s', async (name) => {
  expect(await runCheck(checkOf(name), [process.execPath, OURS])).toMatchObject({ fault: undefined });
});

it('fails a client that says it is done and has done nothing', async () => {
  const judged = await runCheck(checkOf('one byte'), [process.execPath, '-e', '']);
  expect(judged.fault).toBe('exit code 0, and the file is not there');
});

it('is in docs/conformance.md, check by check', async () => {
  const rows = tableRows(await readFile(DOCUMENT, 'utf8'), 'check');
  expect(rows.map(([name, promise]) => [name, promise])).toEqual(
    CHECKS.map(({ name, promise }) => [name, promise]),
  );
});

function checkOf(name: string) {
  const check = CHECKS.find((each) => each.name === name);
  if (check === undefined) throw new Error(`there is no check "${name}"`);
  return check;
}
