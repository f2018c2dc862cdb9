import type { Account } from './account.ts';
import { formatHint, type Hint } from './hint.ts';
import type { Issue } from './issue.ts';
import type { RepushOptions } from './upload.ts';

/**
 * Every way a run can fail. Scripts and callers can rely on these names.
 * The exit code of each is in `cli/exit-codes.ts`; docs/cli.md explains them.
 */
export type UploadErrorCode =
  | 'usage'
  | 'api_key_missing'
  | 'session_unknown'
  | 'session_mismatch'
  | 'source_not_found'
  | 'source_unreadable'
  | 'source_not_a_file'
  | 'source_empty'
  | 'source_too_large'
  | 'check_failed'
  | 'source_changed'
  | 'network'
  | 'stalled'
  | 'server_error'
  | 'rate_limited'
  | 'request_refused'
  | 'authentication'
  | 'quota'
  | 'upload_expired'
  | 'upload_cancelled'
  | 'upload_closed'
  | 'integrity'
  | 'session_corrupt'
  | 'session_newer'
  | 'session_unreadable'
  | 'session_unwritable'
  | 'session_locked'
  | 'config_unusable'
  | 'manifest_mismatch'
  | 'manifest_unusable'
  | 'completion_unknown'
  | 'interrupted';

/** Causes that lie with the call, the account or the user, and so affect every file. */
const CONCERN_ALL: ReadonlySet<UploadErrorCode> = new Set([
  'usage',
  'api_key_missing',
  'session_unknown',
  'session_mismatch',
  'manifest_mismatch',
  'manifest_unusable',
  'authentication',
  'quota',
  'interrupted',
]);

/** Whether a failure ends the work on many files, because it would be that of each. */
export function concernsAll(code: UploadErrorCode): boolean {
  return CONCERN_ALL.has(code);
}

/** What is known about a failure besides its message. Absent means unknown, never "none". */
export interface UploadErrorFacts {
  /** Absent when no upload was created or named. */
  readonly uploadId?: string;
  /** The source file, as an absolute path; `-` for a stream. */
  readonly path?: string;
  /**
   * The file that keeps the bytes of a stream when no upload could be created for them, or theirs has
   * ended without a file. You can push that file.
   */
  readonly spoolPath?: string;
  /**
   * Whether a new upload of the file has a chance. Set when one expired while it was being sent, and
   * may be done within its lifetime at that speed, or when the server takes no file of this size.
   */
  readonly canStartOver?: boolean;
  /** The status of the last response. */
  readonly httpStatus?: number;
  /** The server's id of the request. Quote it to the server's support. */
  readonly requestId?: string;
  /** Time until the upload expires, in milliseconds. */
  readonly timeLeftMs?: number;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The `code` of the server's error object, or its `type` when there is no code. */
  readonly apiCode?: string;
  /**
   * The server said that the upload is over or can never be completed. Asking again cannot help.
   */
  readonly isFinal?: boolean;
  /** The account of the session, when it is not the current one. */
  readonly belongsTo?: Account;
  /** The fields in which that account differs. */
  readonly differsIn?: readonly (keyof Account)[];
  /** Another run can succeed only with other options. The hint names them. */
  readonly needsOption?: boolean;
  /** The server refuses parts as small as these. */
  readonly wantsLargerParts?: boolean;
  /** The server may refuse this part only because it is too large. */
  readonly wantsSmallerParts?: boolean;
  /**
   * The response to a part was lost earlier, so the server may count that part twice. A new upload
   * of the file may succeed.
   */
  readonly mayCountTwice?: boolean;
  /** What frees the id when the upload `uploadId` is only in the way of the one that failed. */
  readonly freedBy?: 'cancel' | 'resume';
  /** The largest number that the server names when it has another number of bytes than it expects. */
  readonly countedBytes?: number;
  /** A resume with `reuploadChanged` would send just the parts that changed. */
  readonly canReuploadChanged?: boolean;
  /** The server is too busy for everyone, so all parts wait, not just this one. */
  readonly isOverload?: boolean;
  /**
   * The options to push the file again as a new upload. Absent when that would upload a different
   * file.
   */
  readonly repush?: RepushOptions;
  /**
   * The server refused the key, but a new key can be fetched. The same request can be sent with it.
   */
  readonly hasNewKey?: boolean;
  /** The first errors that the preflight found. */
  readonly issues?: readonly Issue[];
  /** How many errors the preflight found in total. */
  readonly issueCount?: number;
  /** The error that caused this one, for example a system error. */
  readonly cause?: unknown;
}

/** The message and hint of an error, and whether to try again. */
export interface UploadErrorText {
  /** What failed, on what, and why: one sentence without a full stop. */
  readonly message: string;
  /** What to do next. Empty when the message says it all. */
  readonly hint?: string | Hint;
  /** Whether the same request could succeed a little later. Default false. */
  readonly isRetryable?: boolean;
}

/** The only error type that this library throws on purpose. Tell errors apart by `code`. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  /** What to do next, with options named as in code. Empty when the message says it all. */
  readonly hint: string;
  /** The hint in parts, for callers that name the options differently. */
  readonly hintParts: Hint;
  /** Whether the same request could succeed a little later. */
  readonly isRetryable: boolean;
  readonly facts: UploadErrorFacts;

  constructor(code: UploadErrorCode, text: UploadErrorText, facts: UploadErrorFacts = {}) {
    super(text.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hintParts = typeof text.hint === 'string' ? [text.hint] : (text.hint ?? []);
    this.hint = formatHint(this.hintParts);
    this.isRetryable = text.isRetryable ?? false;
    this.facts = facts;
  }

  /** The upload to resume; undefined when there is none. */
  get uploadId(): string | undefined {
    return this.facts.uploadId;
  }

  /**
   * Returns the same failure with another text or more facts. Whatever is not given stays as it is.
   */
  with(changes: Partial<UploadErrorText> & { readonly facts?: UploadErrorFacts }): UploadError {
    const { message, hintParts, isRetryable } = this;
    const text = { message, hint: hintParts, isRetryable, ...changes };
    return new UploadError(this.code, text, { ...this.facts, ...changes.facts });
  }
}

/**
 * Checks the shape instead of the class, because an error may come from another copy of this
 * package.
 */
export function isUploadError(error: unknown): error is UploadError {
  return error instanceof Error && error.name === 'UploadError' && 'code' in error && 'facts' in error;
}

/**
 * Adds facts to an UploadError without replacing those that it has. Other errors stay as they are.
 */
export function withFacts(error: unknown, facts: UploadErrorFacts): unknown {
  if (!isUploadError(error)) return error;
  return error.with({ facts: { ...facts, ...error.facts } });
}

/** The `code` of a system error (`ENOENT`, `ECONNRESET`, …), when it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
