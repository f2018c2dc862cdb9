import type { IssueCode } from '../model/issue.ts';
import type { IssueList } from './issue-list.ts';
import { quote } from './quote.ts';

/** All lines have to have the same text there; the first that does not is told, once. */
export function createSameText(
  { code, name, hint }: { readonly code: IssueCode; readonly name: string; readonly hint: string },
  issues: IssueList,
) {
  let first: { readonly line: number; readonly text: string } | undefined;
  let isTold = false;
  return {
    see(line: number, text: string): void {
      first ??= { line, text };
      if (isTold || text === first.text) return;
      isTold = true;
      const before = `line ${first.line} has ${quote(first.text)}`;
      issues.error({ code, line, message: `${name} is ${quote(text)}, but ${before}`, hint });
    },
  };
}
