import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAppender } from '../../../src/job/append.ts';
import { readJournal } from '../../../src/job/job-journal.ts';
import { listJobs, openJob } from '../../../src/job/jobs.ts';
import type { Fields } from '../../../src/job/journal-entry.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const HEAD = '{"v":1,"status":"job"}\n';
const ENTRY =
  '{"v":1,"status":"completed","upload_id":"u","file_id":"f","filename":"a","path":"a","bytes":1,"md5":null,"parts":1,"file":{"id":"f"}}\n';

const isHead = ({ status }: Fields) => status === 'job';

async function journal(content: string) {
  const path = join(await temporaryFolder(), 'a.jsonl');
  await writeFile(path, content);
  const read = async () => {
    const entries: Fields[] = [];
    const head = await readJournal(path, { isHead }, (entry) => entries.push(entry));
    return { head, entries: entries.length };
  };
  return { path, read };
}

describe('a journal after a power cut', () => {
  it.each([
    ['only zeros for its first line', '\0'.repeat(40), undefined, 0],
    ['zeros for its last line', `${HEAD}${ENTRY}${'\0'.repeat(40)}`, 'job', 1],
    ['half a line, and zeros', `${HEAD}${ENTRY}{"v":1,"sta${'\0'.repeat(40)}`, 'job', 1],
  ])('that has %s is read as if it ended before, and goes on there', async (_, content, status, entries) => {
    const { path, read } = await journal(content);
    const found = await read();
    expect(found.head?.status).toBe(status);
    expect(found.entries).toBe(entries);

    const appender = await openAppender(path);
    if (found.head === undefined) await appender.add(JSON.parse(HEAD));
    await appender.add(JSON.parse(ENTRY));
    await appender.close();
    expect((await read()).entries).toBe(entries + 1);
  });

  it('is not a large file of zeros, which somebody else has made', async () => {
    const { path, read } = await journal('');
    await truncate(path, 100_000_000);
    await expect(read()).rejects.toMatchObject({ code: 'manifest_unusable' });
  });
});

const MANY = 50_000;

describe('reading a long journal', () => {
  it('ends soon after a signal, wherever it is', async () => {
    const { path } = await journal(`${HEAD}${ENTRY.repeat(MANY)}`);
    const stop = new AbortController();
    let entries = 0;
    const reading = readJournal(path, { isHead, signal: stop.signal }, () => {
      entries += 1;
      if (entries === 1) stop.abort(new Error('stopped'));
    });

    await expect(reading).rejects.toThrow('stopped');
    expect(entries).toBeLessThan(MANY / 10);
  });

  it('is interrupted for a list of jobs, and for one that is to be continued', async () => {
    const stateDir = await temporaryFolder();
    const job = { ...JSON.parse(HEAD), manifest: 'm', job: 'job_1', cwd: '/', base_url: 'u', wanted: {} };
    await mkdir(join(stateDir, 'jobs'));
    await writeFile(join(stateDir, 'jobs', 'job_1.jsonl'), `${JSON.stringify(job)}\n${ENTRY.repeat(MANY)}`);
    const signal = AbortSignal.abort(new Error('stopped'));

    await expect(listJobs({ stateDir, signal })).rejects.toMatchObject({ code: 'interrupted' });
    const request = { wanted: {}, cwd: '/', expectedId: 'job_1' };
    await expect(openJob(request, { stateDir, signal, apiKey: 'k' })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });

  it('is interrupted, too, for one that waits for another process', async () => {
    const stateDir = await temporaryFolder();
    const request = { wanted: {}, cwd: '/' };
    const job = await openJob(request, { stateDir, apiKey: 'k' });
    const stop = new AbortController();
    const patience = { waitLockMs: 3_600_000, signal: stop.signal };
    const waiting = openJob(request, { stateDir, apiKey: 'k', ...patience });
    stop.abort(new Error('stopped'));

    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
    await job.close();
  });
});
