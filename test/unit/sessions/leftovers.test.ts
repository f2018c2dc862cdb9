import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisOwner } from '../../../src/lock/owner.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { sweepLeftovers } from '../../../src/sessions/leftovers.ts';
import { recordOf } from '../../helpers/record.ts';
import { filesOf, noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

/** No process has this id: it is above Linux's largest. */
const DEAD = 2 ** 22 + 1;
const tokenOf = (pid: number) => thisOwner().token.replace(/^\d+/, String(pid));
const stampOf = (pid: number) => JSON.stringify({ ...thisOwner(), pid });

async function setUp() {
  const directory = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(directory);
  await (await sessions.create(recordOf(), noPatience)).release();
  await mkdir(join(directory, 'ledger'));

  return {
    directory,
    sessions,
    async put(text: string, ...names: readonly string[]) {
      for (const name of names) await writeFile(join(directory, name), text);
    },
    names: async () => [...(await filesOf(directory)), ...(await readdir(join(directory, 'ledger')))],
  };
}

describe('what a dead process has left', () => {
  it('is deleted: its locks, and what it was about to rename', async () => {
    const { directory, put, names } = await setUp();
    const before = await names();
    const token = tokenOf(DEAD);
    await put(stampOf(DEAD), 'upload_1.lock', 'source-12ab.lock.takeover', `upload_1.lock.${token}`);
    await put(stampOf(DEAD), 'upload_1.lock.01234567-89ab-cdef-0123-456789abcdef', 'ledger/ab.lock');
    await put('{', `upload_1.json.${token}`, `ledger/ab.json.${token}`);
    await put('', `.${token}`);

    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect(await names()).toEqual(before);
  });

  it('is deleted by the process that takes one of its locks over, too', async () => {
    const { sessions, put, names } = await setUp();
    const before = await names();
    await put(stampOf(DEAD), 'upload_1.lock', 'upload_2.lock');
    await put('{', `upload_3.json.${tokenOf(DEAD)}`);

    const session = await sessions.open('upload_1', noPatience);
    expect(new Set(await names())).toEqual(new Set([...before, 'upload_1.lock']));
    await session?.release();
  });

  it('is deleted, too, by the next run of its job', async () => {
    const { directory, sessions, put, names } = await setUp();
    const before = await names();
    await mkdir(join(directory, 'jobs'));
    const job = join(directory, 'jobs', 'job_1.jsonl');
    await put(stampOf(DEAD), 'jobs/job_1.jsonl.lock', 'upload_2.lock');
    await put('{', `jobs/job_1.jsonl.${tokenOf(DEAD)}`);

    const lock = await sessions.lockFile(job, noPatience);
    await lock.release();
    expect(await readdir(join(directory, 'jobs'))).toEqual([]);
    expect((await names()).filter((name) => name !== 'jobs')).toEqual(before);
  });

  it('is told by its name from the empty lock of another program, in each folder', async () => {
    const { directory, put } = await setUp();
    const [content, job] = ['0123456789abcdef'.repeat(4), 'jobs/job_0123456789abcdef'];
    const spoiled = [`ledger/${content}.lock`, `${job}.jsonl.lock`, `${job}.fedcba9876543210.jsonl.lock`];
    const foreign = ['cron.lock', 'jobs/cron.lock', 'links/site.lock', 'sources/composer.lock'];
    for (const folder of ['jobs', 'links', 'sources'])
      await mkdir(join(directory, folder), { recursive: true });
    await put('', ...spoiled, ...foreign);
    const then = new Date(Date.now() - 120_000);
    for (const name of [...spoiled, ...foreign]) await utimes(join(directory, name), then, then);

    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect([...spoiled, ...foreign].filter((name) => existsSync(join(directory, name)))).toEqual(foreign);
  });

  it('is deleted: its entries in the index, if it died before the record was there', async () => {
    const { directory, put } = await setUp();
    const [bucket = ''] = (await readdir(join(directory, 'sources'))).filter((name) => name.length === 2);
    const entries = async () => (await readdir(join(directory, 'sources', bucket))).sort();
    const ofRecord = await entries();
    const entryOf = (uploadId: string) => `${'0'.repeat(30)}.${uploadId}`;
    // A living process is about to write the second.
    await put('', ...['upload_8', 'upload_9'].map((id) => join('sources', bucket, entryOf(id))));
    await put(stampOf(process.pid), 'upload_9.lock');

    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect(await entries()).toEqual([entryOf('upload_9'), ...ofRecord].sort());
    expect(existsSync(join(directory, 'upload_8.lock'))).toBe(false);
  });

  it('of a version before this one goes once a minute has passed', async () => {
    const { directory, put, names } = await setUp();
    const before = await names();
    const old = ['upload_1.json.tmp-1700000000abcdef', 'upload_2.json.01234567-89ab-cdef-0123-456789abcdef'];
    await put('{', ...old);
    await sweepLeftovers(directory, systemClock);
    expect(await names()).toHaveLength(before.length + 2);

    const then = new Date(Date.now() - 120_000);
    for (const name of old) await utimes(join(directory, name), then, then);
    await sweepLeftovers(directory, systemClock);
    expect(await names()).toEqual(before);
  });

  it('is deleted, too, where a power cut has spoiled a lock that is ours by its name', async () => {
    const { directory, put, names } = await setUp();
    const before = await names();
    const spoiled = ['upload_1.lock', 'source-12ab.lock', 'ledger/ab.lock'];
    await put('', ...spoiled);
    await put(stampOf(DEAD).slice(0, 70), 'upload_2.lock');
    await put('\0\0\0\0', 'upload_3.lock');
    await sweepLeftovers(directory, systemClock);
    // Another process may be about to write it, where files cannot be linked.
    expect(await names()).toHaveLength(before.length + 5);

    const then = new Date(Date.now() - 120_000);
    for (const name of [...spoiled, 'upload_2.lock', 'upload_3.lock'])
      await utimes(join(directory, name), then, then);
    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect(await names()).toEqual(before);
  });

  it('is nothing of a living process, of another program or of a user', async () => {
    const { directory, put, names } = await setUp();
    await put(stampOf(process.pid), 'upload_1.lock');
    await put('{', `upload_1.json.${thisOwner().token}`);
    await put(
      'not ours',
      'yarn.lock',
      'package.json.tmp-1700000000abcdef',
      'upload_2.json.bak',
      'config.json',
    );
    await put('', 'upload_3.json.journal', 'empty.lock');
    await mkdir(join(directory, `folder.${tokenOf(DEAD)}`));
    await symlink('/etc/hosts', join(directory, `link.${tokenOf(DEAD)}`));
    const before = await names();

    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect(await names()).toEqual(before);
  });

  it('is not looked for in a folder that is a link, nor where there is no state directory', async () => {
    const { directory } = await setUp();
    const elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere, 'a.lock'), stampOf(DEAD));
    await mkdir(join(elsewhere, '00'));
    await writeFile(join(elsewhere, '00', `${'0'.repeat(30)}.upload_9`), '');
    await symlink(elsewhere, join(directory, 'links'));
    await rm(join(directory, 'sources'), { recursive: true });
    await symlink(elsewhere, join(directory, 'sources'));

    expect(await sweepLeftovers(directory, systemClock)).toEqual([]);
    expect(await readdir(elsewhere)).toEqual(['00', 'a.lock']);
    expect(await readdir(join(elsewhere, '00'))).toHaveLength(1);
    expect(await sweepLeftovers(join(directory, 'missing'), systemClock)).toEqual([]);
  });
});
