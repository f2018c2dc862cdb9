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

/** One thing that the preflight found. Quotes from the file may contain control characters. */
export interface Issue {
  /** The server would refuse the file for an error, now or later. A warning may be harmless. */
  readonly severity: 'error' | 'warning';
  readonly code: IssueCode;
  /** From 1. Absent when it is about the file as a whole. */
  readonly line?: number;
  /** In characters, from 1. */
  readonly column?: number;
  /** What is wrong, without the place and without a full stop. */
  readonly message: string;
  /** What to do about it, with options as a program writes them. */
  readonly hint?: string;
  /** The same, for callers that have other names for the options. */
  readonly hintParts?: Hint;
}

/** How many issues of each severity are reported. The others are only counted. */
export const MAX_REPORTED_ISSUES = 10;

/** The result of a preflight. */
export interface CheckResult {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly purpose: string;
  /** Lines of a file that is read line by line, including blank ones. */
  readonly lines?: number;
  /** The models that a batch names, at most 100 of them. A valid batch has one. */
  readonly models?: readonly string[];
  /**
   * The first of them, at most `MAX_REPORTED_ISSUES`; those about the file as a whole come before
   * the others.
   */
  readonly errors: readonly Issue[];
  readonly errorCount: number;
  readonly warnings: readonly Issue[];
  readonly warningCount: number;
}

/** An issue in one sentence, with its line and column. */
export function issueText({ line, column, message }: Issue): string {
  if (line === undefined) return message;
  const at = column === undefined ? '' : `, column ${column}`;
  return `line ${line}${at}: ${message}`;
}
