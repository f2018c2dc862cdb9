import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Content, entryName } from '../../../src/sessions/ledger-entry.ts';
import { lacks } from '../../helpers/lacks.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const content: Content = {
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  bytes: 5,
  purpose: 'batch',
  baseUrl: 'https://api.openai.com/v1',
  organization: null,
  project: 'proj_1',
};
const entry = { ...content, uploadId: 'upload_1', file: { id: 'file-1', 'x.y': [null] } };

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const { ledger } = sessionsIn(directory);
  const folder = join(directory, 'ledger');
  const path = join(folder, `${entryName(content)}.json`);
  /** What another program, or an accident, has left there. */
  const leave = async (text: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text);
  };
  return { directory, ledger, folder, path, leave };
}

describe('the ledger', () => {
  it.skipIf(lacks('modes'))('knows what was written, in a file that its user alone can read', async () => {
    const { ledger, folder, path } = await setUp();
    expect(ledger.read(content)).toBeUndefined();
    await ledger.write(entry);
    expect(ledger.read(content)).toEqual({ schemaVersion: 1, ...entry });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual([`${entryName(content)}.json`]);
  });

  it.each<[keyof Content, Content[keyof Content]]>([
    ['md5', '00000000000000000000000000000000'],
    ['sha256', '0'.repeat(64)],
    ['bytes', 6],
    ['purpose', 'fine-tune'],
    ['baseUrl', 'https://eu.api.openai.com/v1'],
    ['organization', 'org_1'],
    ['project', null],
  ])('tells contents apart by their %s', async (field, value) => {
    const { ledger } = await setUp();
    await ledger.write(entry);
    expect(ledger.read({ ...content, [field]: value })).toBeUndefined();
  });

  it('knows by its MD5 alone what an older version has written, until it is written anew', async () => {
    const { ledger, folder, leave } = await setUp();
    await leave('');
    const { sha256: _, ...old } = { schemaVersion: 1, ...entry };
    const name = entryName({ ...content, sha256: null });
    await rm(join(folder, `${entryName(content)}.json`));
    await writeFile(join(folder, `${name}.json`), JSON.stringify(old));
    expect(ledger.read(content)).toEqual({ ...old, sha256: null });

    await ledger.write(entry);
    expect(ledger.read(content)?.sha256).toBe(content.sha256);
  });

  it('keeps the newest of one content, and each as it is in a file of its own', async () => {
    const { ledger, folder } = await setUp();
    await ledger.write(entry);
    await ledger.write({ ...entry, uploadId: 'upload_2', file: { id: 'file-2' } });
    await ledger.write({ ...entry, bytes: 6 });
    expect(ledger.read(content)?.file.id).toBe('file-2');
    expect(await readdir(folder)).toHaveLength(2);
  });

  const whole = { schemaVersion: 1, ...entry };
  it.each<[string, string, string]>([
    ['no JSON', '{"schemaVersion":1,', 'session_corrupt'],
    ['no object', '[]', 'session_corrupt'],
    ['of no version', JSON.stringify(entry), 'session_corrupt'],
    ['about other bytes', JSON.stringify({ ...whole, bytes: 6 }), 'session_corrupt'],
    ['without an upload', JSON.stringify({ ...whole, uploadId: '' }), 'session_corrupt'],
    ['without a file', JSON.stringify({ ...whole, file: null }), 'session_corrupt'],
    ['from a newer version', JSON.stringify({ schemaVersion: 2 }), 'session_newer'],
  ])('neither takes an entry that is %s for none, nor writes over it', async (_, text, code) => {
    const { ledger, path, leave } = await setUp();
    await leave(text);
    const named = expect.objectContaining({ code, message: expect.stringContaining(path) });
    expect(() => ledger.read(content)).toThrow(named);
    await expect(ledger.write(entry)).rejects.toThrow(named);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it.skipIf(lacks('links'))('follows no link', async () => {
    const { ledger, path, folder } = await setUp();
    await mkdir(folder, { recursive: true });
    await symlink('/dev/null', path);
    expect(() => ledger.read(content)).toThrow(expect.objectContaining({ code: 'session_corrupt' }));
  });

  it('that cannot be written says so', async () => {
    const { ledger, directory, folder } = await setUp();
    await mkdir(directory, { recursive: true });
    await writeFile(folder, 'a file in its place');
    expect(await errorOf(() => ledger.write(entry))).toMatchObject({ code: 'session_unreadable' });
    expect(await errorOf(() => ledger.lock(content, 'a', noPatience))).toMatchObject({
      code: 'session_unwritable',
    });
  });

  it('stays when all sessions are forgotten, and is none of them', async () => {
    const { ledger, directory } = await setUp();
    await ledger.write(entry);
    expect(await sessionsIn(directory).list()).toEqual({ sessions: [], unusable: [] });
  });
});

describe('a claim on a content', () => {
  it('is refused to another process, and waited for in this one, in turn', async () => {
    const { ledger, directory, folder } = await setUp();
    const first = await ledger.lock(content, 'the bytes', noPatience);
    const other = await errorOf(() => sessionsIn(directory).ledger.lock(content, 'the bytes', noPatience));
    expect(other).toMatchObject({
      code: 'session_locked',
      message: expect.stringContaining('working on the bytes'),
    });
    const turns: number[] = [];
    const waiting = [2, 3].map(async (number) => {
      const next = await ledger.lock(content, 'the bytes', noPatience);
      turns.push(number);
      await next.assertHeld();
      await next.release();
    });
    await ledger.lock({ ...content, bytes: 6 }, 'others', noPatience).then((lock) => lock.release());
    expect(turns).toEqual([]);
    await first.release();
    await Promise.all(waiting);
    expect(turns).toEqual([2, 3]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is given up by whoever is told to stop, without holding up those behind', async () => {
    const { ledger } = await setUp();
    const first = await ledger.lock(content, 'a', noPatience);
    const stop = new AbortController();
    const stopped = errorOf(() => ledger.lock(content, 'a', { ...noPatience, signal: stop.signal }));
    const behind = ledger.lock(content, 'a', noPatience);
    stop.abort('enough');
    expect(await stopped).toBe('enough');
    await first.release();
    await (await behind).release();
  });
});
