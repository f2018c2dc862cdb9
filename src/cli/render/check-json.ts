import type { CheckResult, Issue, UploadErrorFacts } from '../../index.ts';

/** What a check has to say, as fields for `--json`. */
export function checkFields(result: CheckResult): Record<string, unknown> {
  return {
    path: result.path,
    bytes: result.bytes,
    purpose: result.purpose,
    lines: result.lines ?? null,
    errors: result.errors.map(issueFields),
    error_count: result.errorCount,
    warnings: result.warnings.map(issueFields),
    warning_count: result.warningCount,
  };
}

/** Of a push that the preflight has stopped. */
export function foundFields({ issues, issueCount }: UploadErrorFacts): Record<string, unknown> {
  return issues === undefined ? {} : { errors: issues.map(issueFields), error_count: issueCount };
}

/** An issue with all of its fields, null where there is nothing to say. */
function issueFields({ severity, code, line, column, message, hint }: Issue): Record<string, unknown> {
  return { severity, code, line: line ?? null, column: column ?? null, message, hint: hint ?? null };
}
