import { describe, expect, it } from 'vitest';
import { jobLine } from '../../../../src/cli/render/job-text.ts';
import type { JobSummary } from '../../../../src/index.ts';
import { formatFileCounts } from '../../../../src/ui/progress-lines.ts';

const job: JobSummary = {
  id: 'job_1',
  wanted: { paths: ['a.pdf', 'b.pdf'], flags: {} },
  how: {},
  manifests: [],
  cwd: '/data',
  startedAt: 1_795_252_442,
  done: 1,
  baseUrl: 'https://api.openai.com/v1',
  organization: null,
  project: null,
  differsIn: [],
};

describe('the number of files that are done', () => {
  it.each([
    [0, '0 files done'],
    [1, '1 file done'],
    [2000, '2,000 files done'],
  ])('is %i', (done, words) => {
    expect(jobLine({ ...job, done }, { color: true })).toContain(`, ${words}: openai-upload resume job_1`);
    expect(formatFileCounts({ files: 0, isOpen: true, completed: done, failed: 0 })).toEqual([words]);
  });
});
