import { expect, it } from 'vitest';
import { MAX_REPORTED_ISSUES } from '../../../src/model/issue.ts';
import { createIssueList } from '../../../src/preflight/issues.ts';

it('describes only the errors of lines that it reports, because a hopeless file has millions', () => {
  const issues = createIssueList();
  let described = 0;
  const describe = () => {
    described += 1;
    return { code: 'invalid_json', line: described, message: 'no' } as const;
  };

  for (let line = 1; line <= 1000; line += 1) issues.lineError(describe);
  issues.error({ code: 'too_many_lines', message: 'it holds 1,000' });

  const { errors, errorCount } = issues.told();
  expect(described).toBe(MAX_REPORTED_ISSUES);
  expect(errorCount).toBe(1001);
  expect(errors.map(({ line }) => line)).toEqual([undefined, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
