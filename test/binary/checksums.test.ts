import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startPartChecksum } from '../../src/checksum/part-checksum.ts';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

const PART_BYTES = 100_000;

test('the saved checksum is of the bytes that were sent, whatever the file holds when the answer comes', async ({
  folder,
  server,
  cli,
}) => {
  const path = join(folder, 'a.bin');
  await makeFile(path, 3 * PART_BYTES);
  const original = readFileSync(path);
  server.addFaults(
    { call: 'part', nth: 1, kind: 'hold', label: 'first' },
    { call: 'part', nth: 2, kind: 'hold', label: 'second' },
  );
  const sizes = ['--part-size', String(PART_BYTES), '--concurrency', '1'];
  const run = cli.start(['push', 'a.bin', '--purpose', 'vision', ...sizes, '--no-md5']);
  await server.waitForHeld('first');
  writeFileSync(path, Buffer.alloc(3 * PART_BYTES, 'x'));
  server.release('first');
  // The second part is begun once the first is saved.
  await server.waitForHeld('second');
  run.child.kill('SIGKILL');
  await run.result;

  const sent = startPartChecksum();
  sent.update(original.subarray(0, PART_BYTES));
  const uploadId = server.uploads()[0]?.id ?? '';
  expect((await cli.record(uploadId)).parts.map(({ checksum }) => checksum)).toEqual([sent.digest()]);

  const resumed = await cli.run(['resume', uploadId]);
  expect(resumed.code).toBe(4);
  expect(resumed.stderr).toContain('part 1 of 3, bytes 0 to 99999');
  expect(resumed.stderr).toContain(`openai-upload resume --reupload-changed ${uploadId}`);
});
