import { formatHint, type Hint } from '../model/hint.ts';
import { type CheckResult, type Issue, MAX_REPORTED_ISSUES } from '../model/issue.ts';

type Told = Pick<CheckResult, 'errors' | 'errorCount' | 'warnings' | 'warningCount'>;

/** An issue as a rule reports it. */
export type NewIssue = Omit<Issue, 'severity' | 'hint' | 'hintParts'> & { readonly hint?: string | Hint };

/** Collects issues; of a hopeless file it keeps the first and counts the rest. */
export interface IssueList {
  error(issue: NewIssue): void;
  warning(issue: NewIssue): void;
  /** Errors that are counted only. */
  moreErrors(count: number): void;
  told(): Told;
}

export function createIssueList(): IssueList {
  const errors = createShelf();
  const warnings = createShelf();

  return {
    error: (issue) => errors.put(issueOf('error', issue)),
    warning: (issue) => warnings.put(issueOf('warning', issue)),
    moreErrors: (count) => errors.more(count),
    told: () => ({
      errors: errors.first(),
      errorCount: errors.count(),
      warnings: warnings.first(),
      warningCount: warnings.count(),
    }),
  };
}

function issueOf(severity: Issue['severity'], { hint, ...issue }: NewIssue): Issue {
  if (hint === undefined) return { severity, ...issue };
  const hintParts = typeof hint === 'string' ? [hint] : hint;
  return { severity, ...issue, hint: formatHint(hintParts), hintParts };
}

function createShelf() {
  /**
   * How many lines there are, for instance, is known last, but should not be lost among what is
   * wrong with each of them.
   */
  const ofFile: Issue[] = [];
  const ofLines: Issue[] = [];
  let count = 0;

  return {
    put(issue: Issue): void {
      count += 1;
      const shelf = issue.line === undefined ? ofFile : ofLines;
      if (shelf.length < MAX_REPORTED_ISSUES) shelf.push(issue);
    },
    more(further: number): void {
      count += further;
    },
    first: (): readonly Issue[] => [...ofFile, ...ofLines].slice(0, MAX_REPORTED_ISSUES),
    count: () => count,
  };
}
