import { constants } from 'node:fs';
import { chown, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRegularHandle } from '../../../src/job/journal-lines.ts';
import { readJob } from '../../../src/job/read-job.ts';
import {
  openPatiently,
  openRegularFile,
  patiently,
  readFileIfThere,
  readRegularFile,
  removeFile,
  WRONG_KIND,
} from '../../../src/model/file-access.ts';
import { appendToSavedFile, writeSavedFile } from '../../../src/sessions/saved-file.ts';
import { holdOpen } from '../../helpers/hold-open.ts';
import { lacks } from '../../helpers/lacks.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

describe('a file that somebody else may have put there', () => {
  it.skipIf(lacks('links'))(
    'is read when it is one, and through a link only where that is allowed',
    async () => {
      const folder = await temporaryFolder();
      const [file, link] = [join(folder, 'file'), join(folder, 'link')];
      await writeFile(file, 'text');
      await symlink(file, link);

      expect(readRegularFile(file)).toBe('text');
      expect(() => readRegularFile(link)).toThrow('it is a link, not a file');
      expect(readRegularFile(link, { followLinks: true })).toBe('text');
      expect(() => readRegularFile(join(folder, 'missing'))).toThrow('ENOENT');
    },
  );

  it('is refused when it is something else, and empty when it is /dev/null', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'folder'));
    expect(() => readRegularFile(join(folder, 'folder'))).toThrow(
      expect.objectContaining({ code: WRONG_KIND, message: 'it is a directory, not a file' }),
    );
    if (lacks('pipes')) return;

    expect(() => readRegularFile('/dev/zero')).toThrow('it is a device, not a file');
    expect(readRegularFile('/dev/null')).toBe('');
  });
});

describe('a file of gigabytes', () => {
  it('is refused before it is read', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await truncate(file, 2 ** 31);

    const error = { code: WRONG_KIND, message: 'it is too large, 2147483648 bytes' };
    expect(() => readRegularFile(file)).toThrow(expect.objectContaining(error));
    expect(() => readFileIfThere(file)).toThrow(expect.objectContaining(error));
  });
});

describe.runIf(process.geteuid?.() === 0)('a file that was saved', () => {
  const STRANGER = 65_534;

  it('is not the one when it belongs to another user, unless the folder does, too', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, 'text');
    await chown(file, STRANGER, STRANGER);

    const theirs = expect.objectContaining({ code: WRONG_KIND, message: 'it belongs to another user' });
    expect(readRegularFile(file)).toBe('text');
    expect(() => readRegularFile(file, { isSaved: true })).toThrow(theirs);
    expect(() => openRegularFile(file, constants.O_APPEND, { isSaved: true })).toThrow(theirs);
    await expect(openRegularHandle(file, constants.O_RDONLY, true)).rejects.toThrow(theirs);
    await expect(readJob(file)).rejects.toThrow(/it belongs to another user/);

    await chown(folder, STRANGER, STRANGER);
    expect(readRegularFile(file, { isSaved: true })).toBe('text');
  });
});

describe('a file that another program has open', () => {
  const failing = (code: string, times: number) => {
    let calls = 0;
    return () => {
      calls += 1;
      if (calls <= times) throw Object.assign(new Error(code), { code });
      return calls;
    };
  };

  it('is tried again on Windows until that program is done', () => {
    expect(patiently(failing('EBUSY', 3), 'win32')).toBe(4);
    expect(() => patiently(failing('ENOENT', 1), 'win32')).toThrow('ENOENT');
  });

  it('is no reason to wait elsewhere', () => {
    expect(() => patiently(failing('EACCES', 1), 'linux')).toThrow('EACCES');
  });

  it('is given up after a second', () => {
    expect(() => patiently(failing('EPERM', 50), 'win32')).toThrow('EPERM');
  });
});

describe.skipIf(lacks('scanners'))('a file that a scanner has taken for itself', () => {
  it.each<readonly [string, (path: string) => unknown]>([
    ['read', (path) => expect(readFileIfThere(path)).toBe('text')],
    ['read when it must be there', (path) => expect(readRegularFile(path)).toBe('text')],
    [
      'opened in the background',
      async (path) => {
        const file = await openPatiently(path, constants.O_RDWR);
        await file.close();
      },
    ],
    [
      'added to',
      async (path) => {
        appendToSavedFile(path, ' and more', path);
        expect(await readFile(path, 'utf8')).toBe('text and more');
      },
    ],
    [
      'replaced',
      async (path) => {
        writeSavedFile(path, 'other');
        expect(await readFile(path, 'utf8')).toBe('other');
      },
    ],
    [
      'removed',
      async (path) => {
        removeFile(path);
        await expect(stat(path)).rejects.toThrow('ENOENT');
      },
    ],
  ])('is %s once the scanner is done', async (_, act) => {
    const path = join(await temporaryFolder(), 'a.json');
    await writeFile(path, 'text');

    const { released } = await holdOpen(path, 300);
    await act(path);
    await released;
  });
});
