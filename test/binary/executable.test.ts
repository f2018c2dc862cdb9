import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { bundleIntoOne } from '../../bin/executable/bundle-into-one.ts';
import { packFolder } from '../../bin/executable/pack-folder.ts';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
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

test.skipIf(lacks('shell'))('all files of an archive belong to root', async ({ folder }) => {
  const [files, archive] = [join(folder, 'files'), join(folder, 'a.tar.gz')];
  await mkdir(files);
  await writeFile(join(files, 'program'), 'hello');
  // Nobody else may give a file away, and is not root.
  if (process.getuid?.() === 0) await chown(join(files, 'program'), 1001, 1001);

  packFolder(files, archive);

  const owners = headersOf(gunzipSync(await readFile(archive))).map((header) => ({
    user: Number.parseInt(header.toString('latin1', 108, 116), 8),
    group: Number.parseInt(header.toString('latin1', 116, 124), 8),
    names: header.toString('latin1', 265, 329).replaceAll('\0', ''),
  }));
  expect(owners).toHaveLength(2);
  for (const owner of owners) expect(owner).toEqual({ user: 0, group: 0, names: '' });
});

/** Returns the blocks that describe the files; of a file, as many follow as its bytes need. */
function headersOf(archive: Buffer): readonly Buffer[] {
  const headers: Buffer[] = [];
  for (let at = 0; archive[at] !== 0; ) {
    headers.push(archive.subarray(at, at + 512));
    const bytes = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8);
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return headers;
}
