import { type Issue, issueText } from '../model/issue.ts';
import { escapeControl } from './escape-control.ts';

/** A list of issues, a line for each, and one for those that are only counted. What to do is said once for all that share it. */
export function issueLines(issues: readonly Issue[], count: number): string[] {
  const said = new Set<string | undefined>([undefined]);
  const lines = issues.flatMap((issue) => {
    const line = `  ${escapeControl(issueText(issue))}`;
    if (said.has(issue.hint)) return [line];
    said.add(issue.hint);
    return [line, `    ${escapeControl(issue.hint ?? '')}`];
  });
  const omitted = count - issues.length;
  return omitted > 0 ? [...lines, `  and ${omitted.toLocaleString('en')} more`] : lines;
}
