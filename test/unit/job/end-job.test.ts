import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endJob, pruneJobs } from '../../../src/job/end-job.ts';
import { type JobHead, readJob } from '../../../src/job/read-job.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const HEAD: JobHead = {
  v: 1,
  status: 'job',
  job: 'job_1',
  manifest: 'a-manifest',
  cwd: '/',
  wanted: {},
  how: {},
  journal: null,
  started_at: 1,
  base_url: 'https://api.example/v1',
  organization: null,
  project: null,
};

async function setUp() {
  const stateDir = await temporaryFolder();
  const folder = join(stateDir, 'jobs');
  await mkdir(folder);
  const write = (name: string, head: object) =>
    writeFile(join(folder, `${name}.jsonl`), `${JSON.stringify(head)}\n`);
  await write('job_1', HEAD);
  await write('job_1.abc', { v: 1, status: 'split' });
  return { stateDir, folder, write, path: join(folder, 'job_1.jsonl'), names: () => readdir(folder) };
}

describe('the end of a job', () => {
  it('leaves its head, and no journal of a file that it has split', async () => {
    const { path, names } = await setUp();
    await endJob(path, HEAD);
    expect((await readJob(path))?.finished_at).toBeGreaterThan(0);
    expect(await names()).toEqual(['job_1.jsonl']);
  });

  it('is saved before the journals of its pieces go, without which it would send them again', async () => {
    const { folder, path } = await setUp();
    // What cannot be deleted stands for a process that is killed there.
    await mkdir(join(folder, 'job_1.def.jsonl'));
    await expect(endJob(path, HEAD)).rejects.toThrow();
    expect((await readJob(path))?.finished_at).toBeGreaterThan(0);
  });
});

describe('pruning jobs', () => {
  it('forgets one that has ended, with what a killed process has left of its pieces', async () => {
    const { stateDir, write, names } = await setUp();
    await write('job_1', { ...HEAD, finished_at: 2 });
    expect(await pruneJobs({ stateDir, dryRun: true })).toHaveLength(1);
    expect(await names()).toHaveLength(2);
    expect(await pruneJobs({ stateDir })).toMatchObject([{ id: 'job_1', endedAt: 2 }]);
    expect(await names()).toEqual([]);
  });

  it('deletes journals of pieces whose job is gone', async () => {
    const { stateDir, write, names } = await setUp();
    await write('job_2.abc', { v: 1, status: 'split' });
    expect(await pruneJobs({ stateDir })).toEqual([]);
    expect(await names()).toEqual(['job_1.abc.jsonl', 'job_1.jsonl']);
  });

  it('releases the lock of one whose journal cannot be deleted', async () => {
    const { stateDir, folder, names } = await setUp();
    await mkdir(join(folder, 'job_2.abc.jsonl'));
    await expect(pruneJobs({ stateDir })).rejects.toMatchObject({ code: 'manifest_unusable' });
    expect((await names()).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});
