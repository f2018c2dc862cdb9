import type { Hint } from './hint.ts';

/**
 * Everything that the preflight can find. Scripts can rely on these names. docs/preflight.md
 * explains them.
 */
export type IssueCode =
  | 'wrong_extension'
  | 'too_large'
  | 'too_many_lines'
  | 'too_few_lines'
  | 'byte_order_mark'
  | 'blank_line'
  | 'invalid_encoding'
  | 'not_jsonl'
  | 'invalid_json'
  | 'not_an_object'
  | 'unknown_fields'
  | 'bad_messages'
  | 'bad_custom_id'
  | 'duplicate_custom_id'
  | 'bad_method'
  | 'bad_url'
  | 'several_urls'
  | 'bad_body'
  | 'bad_model'
  | 'several_models'
  | 'streaming'
  | 'bad_input'
  | 'too_many_inputs'
  | 'shutdown'
  | 'unknown_model'
  | 'models_not_asked';

/** One finding of the preflight. Text quoted from the file may contain control characters. */
export interface Issue {
  /** `error`: the server would refuse the file, now or later. `warning`: it may be harmless. */
  readonly severity: 'error' | 'warning';
  readonly code: IssueCode;
  /** From 1. Absent when the issue is about the whole file. */
  readonly line?: number;
  /** In characters, from 1. */
  readonly column?: number;
  /** What is wrong, without the position and without a full stop. */
  readonly message: string;
  /** What to do about it, with options named as in code. */
  readonly hint?: string;
  /** The hint in parts, for callers that name the options differently. */
  readonly hintParts?: Hint;
}

/** How many issues of each severity are reported. Any others are only counted. */
export const MAX_REPORTED_ISSUES = 10;

/** The result of a preflight. */
export interface CheckResult {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly purpose: string;
  /** The number of lines, blank ones included, of a file that is read line by line. */
  readonly lines?: number;
  /** The models that a batch names, at most 100 of them. A valid batch names one. */
  readonly models?: readonly string[];
  /** The first errors, at most `MAX_REPORTED_ISSUES`. Those about the whole file come first. */
  readonly errors: readonly Issue[];
  readonly errorCount: number;
  readonly warnings: readonly Issue[];
  readonly warningCount: number;
}

/** Formats an issue as one sentence, with its line and column. */
export function issueText({ line, column, message }: Issue): string {
  if (line === undefined) return message;
  const at = column === undefined ? '' : `, column ${column}`;
  return `line ${line}${at}: ${message}`;
}
