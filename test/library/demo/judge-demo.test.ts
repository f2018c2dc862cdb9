import { describe, expect, test } from 'vitest';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { type DemoFacts, judgeDemo } from '../../demo/judge-demo.ts';
import type { RequestLogEntry } from '../../helpers/uploads-server/request-log.ts';

const record = (...partIds: string[]) =>
  ({ parts: partIds.map((partId, index) => ({ index, partId })) }) as unknown as SessionRecord;
const requests = (...statuses: (number | null)[]) =>
  statuses.map((status) => ({ status })) as RequestLogEntry[];

const kept: DemoFacts = {
  file: { bytes: 40, md5: 'abc' },
  recordAtKill: record('p1', 'p2'),
  recordAtEnd: record('p1', 'p2', 'p3', 'p4'),
  partsBefore: requests(200, 200, null),
  partsAfter: requests(200, 200),
  parts: 4,
  secondsBefore: 1,
  secondsAfter: 1,
  resume: { code: 0, stdout: 'file-1\n' },
  served: [{ id: 'file-1', bytes: 40, md5: 'abc' }],
};

describe('judgeDemo', () => {
  test('finds nothing wrong when only what was not acknowledged was sent again', () => {
    expect(judgeDemo(kept).problems).toEqual([]);
  });

  test('allows a part whose answer was lost in the kill to be stored twice', () => {
    const { lines, problems } = judgeDemo({ ...kept, partsBefore: requests(200, 200, 200) });

    expect(problems).toEqual([]);
    expect(lines.join('\n')).toContain('1, 1 of them in full');
  });

  test.each<[string, Partial<DemoFacts>]>([
    ['not killed half-way', { recordAtKill: record('p1', 'p2', 'p3', 'p4'), partsAfter: [] }],
    ['not killed half-way', { recordAtKill: record(), partsAfter: requests(200, 200, 200, 200) }],
    ['resume ended with code 5', { resume: { code: 5, stdout: 'file-1\n' } }],
    ['did not print the file id', { resume: { code: 0, stdout: 'done: file-1\n' } }],
    ['has 0 files', { served: [] }],
    ["bytes are not the file's", { served: [{ id: 'file-1', bytes: 40, md5: 'abd' }] }],
    ["bytes are not the file's", { served: [{ id: 'file-1', bytes: 39, md5: 'abc' }] }],
    ['have been sent again', { recordAtEnd: record('p1', 'p5', 'p3', 'p4') }],
    ['2 parts were missing, 3 were sent', { partsAfter: requests(200, 200, 200) }],
  ])('tells that %s', (problem, changes) => {
    expect(judgeDemo({ ...kept, ...changes }).problems.join('; ')).toContain(problem);
  });
});
