import { formatHint, type Hint } from '../model/hint.ts';
import { type CheckResult, type Issue, MAX_REPORTED_ISSUES } from '../model/issue.ts';

type Told = Pick<CheckResult, 'errors' | 'errorCount' | 'warnings' | 'warningCount'>;

/** An issue as a rule reports it. */
export type NewIssue = Omit<Issue, 'severity' | 'hint' | 'hintParts'> & { readonly hint?: string | Hint };

/** Collects issues. Of a hopeless file it keeps the first ones and only counts the rest. */
export interface IssueList {
  error(issue: NewIssue): void;
  warning(issue: NewIssue): void;
  /** Adds errors that are only counted. */
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
   * Kept apart, because issues about the whole file, such as how many lines it has, come last. They
   * must not get lost among the issues of those lines.
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
