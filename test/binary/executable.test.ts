import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { bundleIntoOne } from '../../bin/executable/bundle-into-one.ts';
import { test } from '../helpers/fixtures.ts';
import { makeFile } from '../helpers/make-file.ts';

test('the script of the executable uploads without another file beside it', async ({ cli, folder }) => {
  const [path, source] = [join(folder, 'all.cjs'), join(folder, 'a.bin')];
  const { script } = await bundleIntoOne();
  await writeFile(path, script);
  // Large enough to be hashed in threads.
  await makeFile(source, 9_000_000);

  const child = spawn(process.execPath, [path, 'push', source, '--purpose', 'user_data'], {
    env: cli.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);

  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^file-\w+\n$/) });
  // The code of every thread is in it.
  expect(script.match(/[\w-]*worker\.js/g)).toBeNull();
});
