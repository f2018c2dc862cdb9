import { appendFile, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dryRun, type PushOptions, push, type UploadError } from '../../src/index.ts';
import { thisOwner } from '../../src/lock/owner.ts';
import { batchLines, writeLines } from '../helpers/jsonl.ts';
import { makeFile } from '../helpers/make-file.ts';
import { noPatience } from '../helpers/sessions.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp } from './library.ts';

/** A server, a file of 2500 bytes, and options without a key. */
async function setUpWithoutKey() {
  const { pushOptions, ...rest } = await setUp();
  const { apiKey: _, ...options } = pushOptions;
  return { ...rest, pushOptions, options };
}

/** As `setUpWithoutKey`, with a push of the file that has ended after its first part. */
async function setUpHalfDone() {
  const stage = await setUpWithoutKey();
  stage.server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 500 });
  const options = { ...stage.pushOptions, concurrency: 1, retries: 0 };
  const { uploadId = '' } = (await errorOf(() => push(stage.path, options))) as UploadError;
  return { ...stage, uploadId, requests: stage.server.requests().length };
}

async function stateOf(directory: string): Promise<unknown> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = all.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')]));
}

describe('a dry run', () => {
  it('tells the plan, without a key, a request or a trace', async () => {
    const { server, path, options } = await setUpWithoutKey();

    expect(await dryRun(path, options)).toEqual({
      path,
      filename: 'a.bin',
      bytes: 2500,
      purpose: 'user_data',
      mimeType: 'application/octet-stream',
      partBytes: 1000,
      parts: 3,
      continues: null,
      partsResumed: 0,
      lockedBy: null,
    });
    expect(server.requests()).toEqual([]);
    expect(await stateOf(options.stateDir ?? '')).toEqual([]);
  });

  it('plans what push does', async () => {
    const { path, options, pushOptions, events } = await setUpWithoutKey();
    for (const changes of [
      { partBytes: 100 },
      { partBytes: 2500 },
      { filename: 'b.txt' },
    ] as Partial<PushOptions>[]) {
      const plan = await dryRun(path, { ...options, ...changes });
      const result = await push(path, { ...pushOptions, ...changes });
      const { partBytes } = events.filter((event) => event.type === 'started').at(-1) ?? {};
      expect(plan).toMatchObject({ parts: result.parts, filename: result.filename, partBytes });
    }
  });

  it('looks at the file first, unless it is told not to', async () => {
    const { folder, options, events } = await setUpWithoutKey();
    const path = join(folder, 'a.jsonl');
    await writeLines(path, [...batchLines(3), '', '{']);
    const batch = { ...options, purpose: 'batch' };

    expect(await errorOf(() => dryRun(path, batch))).toMatchObject({
      code: 'check_failed',
      facts: { path, issues: [{ line: 5, column: 2 }] },
    });
    expect(events).toMatchObject([{ phase: 'checking' }, { type: 'warning', issue: { line: 4 } }]);
    expect(await dryRun(path, { ...batch, check: false })).toMatchObject({ mimeType: 'text/jsonl' });
  });

  it('names the unfinished upload that push would continue, with its own part size, and leaves it as it is', async () => {
    const { server, path, options, uploadId, requests } = await setUpHalfDone();
    const before = await stateOf(options.stateDir ?? '');

    const plan = await dryRun(path, { ...options, partBytes: 500, md5: false });

    expect(plan).toMatchObject({ continues: uploadId, partBytes: 1000, parts: 3, partsResumed: 1 });
    expect(await dryRun(path, { ...options, resume: false })).toMatchObject({ continues: null });
    expect(await dryRun(path, { ...options, purpose: 'vision' })).toMatchObject({ continues: null });
    expect(await dryRun(path, { ...options, project: 'other' })).toMatchObject({ continues: null });
    expect(server.requests()).toHaveLength(requests);
    expect(await stateOf(options.stateDir ?? '')).toEqual(before);
  });

  it('says who works on that upload, so that a push would find it taken', async () => {
    const { path, options, uploadId } = await setUpHalfDone();
    await writeFile(join(options.stateDir ?? '', `${uploadId}.lock`), JSON.stringify(thisOwner()));
    expect(await dryRun(path, options)).toMatchObject({
      continues: uploadId,
      lockedBy: { pid: process.pid },
    });
  });

  it('reads again what was sent when the file was touched', async () => {
    const { path, options, uploadId } = await setUpHalfDone();
    await utimes(path, 1, 1);
    expect(await dryRun(path, options)).toMatchObject({ continues: uploadId });
    await makeFile(path, 2500, 2);
    expect(await dryRun(path, options)).toMatchObject({ continues: null, partsResumed: 0 });
  });

  it('passes over what has expired, and what is over, but not over what may be complete', async () => {
    const { path, options, sessions, uploadId } = await setUpHalfDone();
    const change = async (changes: object) => {
      const session = await sessions.open(uploadId, noPatience);
      await session?.update(changes);
      await session?.release();
      return (await dryRun(path, options)).continues;
    };
    expect(await change({ status: 'completing' })).toBe(uploadId);
    expect(await change({ expiresAt: 1 })).toBe(uploadId);
    expect(await change({ status: 'pending' })).toBeNull();
    expect(await change({ expiresAt: 1e11 })).toBe(uploadId);
    expect(await change({ status: 'cancelled' })).toBeNull();
  });

  it('ends as push would when it cannot be known what to continue', async () => {
    const { path, options, sessions, uploadId } = await setUpHalfDone();
    await writeFile(join(sessions.directory, `${uploadId}.json`), '{');
    expect(await errorOf(() => dryRun(path, options))).toMatchObject({ code: 'session_corrupt' });
  });

  it.each<[string, Partial<PushOptions>, string]>([
    ['a base URL that push would refuse', { baseUrl: 'http://example.com' }, 'usage'],
    ['an impossible number', { partBytes: 0 }, 'usage'],
    ['too many parts', { partBytes: 1, purpose: 'vision' }, 'usage'],
  ])('fails for %s', async (_, changes, code) => {
    const { folder, options } = await setUpWithoutKey();
    const path = join(folder, 'large.bin');
    await makeFile(path, 10_001);
    expect(await errorOf(() => dryRun(path, { ...options, ...changes }))).toMatchObject({ code });
  });

  it('fails for a file that is not there', async () => {
    const { folder, options } = await setUpWithoutKey();
    const error = await errorOf(() => dryRun(join(folder, 'nowhere'), options));
    expect(error).toMatchObject({ code: 'source_not_found' });
    await appendFile(join(folder, 'empty'), '');
    expect(await errorOf(() => dryRun(join(folder, 'empty'), options))).toMatchObject({
      code: 'source_empty',
    });
  });
});
