import { UploadError } from './errors.ts';
import { hint, option } from './hint.ts';
import { type CheckResult, issueText } from './issue.ts';

/**
 * Makes the error `check_failed` from the errors of a check. Returns undefined when there are none.
 */
export function checkFailure(result: CheckResult): UploadError | undefined {
  const { path, purpose, errors, errorCount } = result;
  const [first] = errors;
  if (first === undefined) return undefined;

  const isOnly = errorCount === 1;
  const count = isOnly ? '' : `${errorCount.toLocaleString('en')} errors, the first: `;
  const message = `${path} is not valid for ${purpose}: ${count}${issueText(first)}`;
  const advice = (isOnly && (first.hintParts ?? first.hint)) || 'Fix the file.';
  const text = hint`${advice} Or push it as it is with ${option('check', false)}.`;
  const facts = { path, issues: errors, issueCount: errorCount };

  return new UploadError('check_failed', { message, hint: text }, facts);
}
