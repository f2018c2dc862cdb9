import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UploadResult } from '../../../src/index.ts';
import { openManifest, peekManifest, refuseUnusableManifest } from '../../../src/split/open-manifest.ts';
import type { ManifestSubject } from '../../../src/split/read-manifest.ts';
import type { CutPiece } from '../../../src/split/splitter.ts';
import { lacks } from '../../helpers/lacks.ts';
import { readObjects } from '../../helpers/split-file.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

function pieceOf(number: number): CutPiece {
  return {
    number,
    filename: `big.0000${number}.jsonl`,
    firstLine: 10 * number - 9,
    lastLine: 10 * number,
    lines: 10,
    bytes: 1000,
    url: '/v1/responses',
    model: 'gpt-5',
    checksum: `crc32:0000000${number}`,
    sha256: String(number).repeat(64),
  };
}

function resultOf({ filename, bytes, number, sha256 }: CutPiece): UploadResult {
  return {
    uploadId: `upload_${number}`,
    fileId: `file-${number}`,
    filename,
    path: '/data/big.jsonl',
    bytes,
    purpose: 'batch',
    md5: null,
    sha256,
    parts: 1,
    partsResumed: 0,
    bytesSent: bytes,
    retries: 0,
    seconds: 1,
    bottleneck: 'network',
    alreadyUploaded: false,
    file: { id: `file-${number}`, bytes },
  };
}

const pieces = [1, 2, 3].map(pieceOf);
const [one, two, three] = pieces as [CutPiece, CutPiece, CutPiece];
const subject: ManifestSubject = {
  source: { path: '/data/big.jsonl', bytes: 3000, modifiedNs: '1900000000000000001' },
  filename: 'big.jsonl',
  bounds: { lines: 10, bytes: 2000 },
  pieces,
  connection: { baseUrl: 'https://api.openai.com/v1', organization: null, project: null },
};

async function begun() {
  const path = join(await temporaryFolder(), 'done.jsonl');
  const manifest = await openManifest(path, subject);
  await Promise.all([manifest.add(two, resultOf(two)), manifest.add(one, resultOf(one))]);
  await manifest.close();
  return { path, id: manifest.id, text: await readFile(path, 'utf8') };
}

describe('a manifest', () => {
  it('knows in another run what was done in the first, which sent it', async () => {
    const { path, id } = await begun();
    const manifest = await openManifest(path, subject);
    expect(manifest.id).toBe(id);
    expect(manifest.done(two)).toEqual({
      ...resultOf(two),
      partsResumed: 1,
      bytesSent: 0,
      seconds: 0,
      bottleneck: null,
    });
    expect(manifest.done(three)).toBeUndefined();
    await manifest.add(three, resultOf(three));
    await manifest.close();
    expect((await readObjects(path)).map(({ status, piece }) => [status, piece?.number])).toEqual([
      ['split', undefined],
      ['completed', 2],
      ['completed', 1],
      ['completed', 3],
    ]);
  });

  it('is continued when version 0.1.0 wrote it, which said shard for a piece', async () => {
    const { path, text } = await begun();
    await writeFile(path, text.replaceAll('"piece":', '"shard":'));
    const manifest = await openManifest(path, subject);
    expect([manifest.done(one)?.fileId, manifest.done(two)?.fileId]).toEqual(['file-1', 'file-2']);
    await manifest.close();
  });

  it.each([1, 5, 17, 18, 100, 200])(
    'is not fooled by a last line of which %i bytes were written',
    async (bytes) => {
      const { path, text } = await begun();
      const last = text.lastIndexOf('{"v":1');
      await writeFile(path, text.slice(0, last + bytes));
      const manifest = await openManifest(path, subject);
      expect([manifest.done(one), manifest.done(two)?.fileId]).toEqual([undefined, 'file-2']);
      await manifest.add(one, resultOf(one));
      await manifest.close();
      expect((await readObjects(path)).map(({ piece }) => piece?.number)).toEqual([undefined, 2, 1]);
    },
  );

  it.each([0, 3, 200])('is begun anew when only %i bytes of its first line were written', async (bytes) => {
    const { path, text } = await begun();
    await writeFile(path, text.slice(0, bytes));
    await (await openManifest(path, subject)).close();
    expect(await readObjects(path)).toMatchObject([{ status: 'split' }]);
  });

  it.each([
    ['what was never one', 'custom_id,prompt\n1,hello\n', 'is not one of ours'],
    ['what was never one, without an end', 'hello', 'is not one of ours'],
    ['JSON lines of others', '{"custom_id":"a"}\n', 'is not one of ours'],
  ])('is not made of %s', async (_, text, why) => {
    const { path } = await begun();
    await writeFile(path, text);
    expect(await errorOf(() => openManifest(path, subject))).toMatchObject({
      code: 'manifest_unusable',
      message: expect.stringContaining(why),
    });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it.skipIf(lacks('pipes'))('is not a pipe, which nobody may ever write to', async () => {
    const path = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    for (const look of [refuseUnusableManifest, openManifest]) {
      expect(await errorOf(() => look(path, subject))).toMatchObject({
        code: 'manifest_unusable',
        message: expect.stringContaining('it is a pipe, not a file'),
      });
    }
  });

  it.each([
    ['half a line', (text: string) => text.replace('"file-2"', '')],
    ['a piece without a file', (text: string) => text.replace('"file_id":"file-2"', '"file_id":""')],
    ['a piece without a number', (text: string) => text.replace('"number":2', '"number":0')],
  ])('that holds %s before the last line is refused', async (_, spoil) => {
    const { path, text } = await begun();
    await writeFile(path, spoil(text));
    expect(await errorOf(() => openManifest(path, subject))).toMatchObject({
      code: 'manifest_unusable',
      message: expect.stringContaining('line 2'),
    });
  });

  it.each<[string, Partial<ManifestSubject>]>([
    ['another server', { connection: { ...subject.connection, baseUrl: 'https://example.com/v1' } }],
    ['other bounds', { bounds: { lines: 11, bytes: 2000 } }],
    ['another name', { filename: 'other.jsonl' }],
    [
      'other bytes in a piece, by their SHA-256 alone',
      { pieces: [one, { ...two, sha256: '0'.repeat(64) }, three] },
    ],
    ['other bytes in a piece', { pieces: [one, { ...two, checksum: 'crc32:ffffffff' }, three] }],
    ['other lines in a piece', { pieces: [{ ...one, lastLine: 9 }, two, three] }],
    ['fewer pieces', { pieces: [one] }],
  ])('of %s is refused, also when it is only looked at', async (_, changes) => {
    const { path, text } = await begun();
    for (const open of [openManifest, peekManifest])
      expect(await errorOf(() => open(path, { ...subject, ...changes }))).toMatchObject({
        code: 'manifest_mismatch',
      });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('is of the same file when that was moved, as long as something of it is done', async () => {
    const source = { path: '/data/moved.jsonl', bytes: 3000, modifiedNs: '1900000000000000009' };
    const { path, text } = await begun();
    const manifest = await openManifest(path, { ...subject, source });
    expect(manifest.done(one)?.path).toBe('/data/moved.jsonl');
    await manifest.close();
    await writeFile(path, text.slice(0, text.indexOf('\n') + 1));
    expect(await errorOf(() => openManifest(path, { ...subject, source }))).toMatchObject({
      code: 'manifest_mismatch',
    });
  });

  it('that could not be written is told before the file is read, and not made', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'none', 'done.jsonl');
    expect(await errorOf(() => refuseUnusableManifest(path, subject))).toMatchObject({
      code: 'manifest_unusable',
      message: expect.stringContaining('cannot be written (ENOENT)'),
      // What it holds is good: under another name all would be uploaded once more.
      hint: expect.stringContaining('push the file again'),
    });
    await refuseUnusableManifest(join(folder, 'done.jsonl'), subject);
    expect(await errorOf(() => stat(join(folder, 'done.jsonl')))).toMatchObject({ code: 'ENOENT' });
  });
});
