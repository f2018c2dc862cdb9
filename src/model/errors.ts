import type { Account } from './account.ts';
import { formatHint, type Hint } from './hint.ts';
import type { Issue } from './issue.ts';
import type { RepushOptions } from './repush.ts';

/**
 * Every way in which a run can fail. Scripts and callers can rely on these names.
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

/** What is known about a failure besides its message. Absent means unknown, never "none". */
export interface UploadErrorFacts {
  /** Absent when no upload was created, or none was asked for. */
  readonly uploadId?: string;
  /** The source file, as an absolute path; `-` for a stream. */
  readonly path?: string;
  /**
   * Where the bytes of a stream are kept when no upload could be created for them. You can push
   * that file.
   */
  readonly spoolPath?: string;
  /**
   * Whether a new upload of the file has a chance: one that expired while it was being sent may fit
   * its lifetime at the speed seen; one that is too large for the server has none.
   */
  readonly canStartOver?: boolean;
  /** Of the last response. */
  readonly httpStatus?: number;
  /** The server's id of the request. Give it to the server's support. */
  readonly requestId?: string;
  /** Time until the upload expires, in milliseconds. */
  readonly timeLeftMs?: number;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The `code`, or else the `type`, of the server's error object. */
  readonly apiCode?: string;
  /**
   * The server has said that the upload is over, or can never be completed. Asking again does not
   * help.
   */
  readonly isFinal?: boolean;
  /** The account of the session, when it is not the current one. */
  readonly belongsTo?: Account;
  /** The fields in which that account differs. */
  readonly differsIn?: readonly (keyof Account)[];
  /** Only with other options, which the hint names, does another run have a chance. */
  readonly needsOption?: boolean;
  /** The server refuses parts as small as these. */
  readonly wantsLargerParts?: boolean;
  /** The server may refuse only parts as large as this one. */
  readonly wantsSmallerParts?: boolean;
  /**
   * The response to a part was lost before this refusal, so the server may count the part twice. A
   * new upload of the file has a chance.
   */
  readonly mayCountTwice?: boolean;
  /** `uploadId` is in the way, and is not what failed. What ends it, if nothing else needs it. */
  readonly freedBy?: 'cancel' | 'resume';
  /** The most bytes that the server names where it has another number of them than it expects. */
  readonly countedBytes?: number;
  /** A resume with `reuploadChanged` can send just the parts that changed. */
  readonly canReuploadChanged?: boolean;
  /** The server is too busy for everyone: the whole pool waits, not one part. */
  readonly isOverload?: boolean;
  /** How to push the file again, as a new upload. Absent when that would be another file. */
  readonly repush?: RepushOptions;
  /**
   * The server refused a key that can be replaced, so the same request may be sent with a new one.
   */
  readonly hasNewKey?: boolean;
  /** The first errors that the preflight found. */
  readonly issues?: readonly Issue[];
  /** How many errors it found in total. */
  readonly issueCount?: number;
  /** The error that was caught, for example one of the system. */
  readonly cause?: unknown;
}

/** The words of an error, and whether to try again. */
export interface UploadErrorText {
  /** What failed, on what, and why: one sentence without a full stop. */
  readonly message: string;
  /** What to do next. Empty when the message says it all. */
  readonly hint?: string | Hint;
  /** Whether the same request would have a chance a little later. Default false. */
  readonly isRetryable?: boolean;
}

/** The only error type that this library throws on purpose. Tell errors apart by `code`. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  /** What to do next, with options as a program writes them. Empty when the message says it all. */
  readonly hint: string;
  /** The same, for callers that have other names for the options. */
  readonly hintParts: Hint;
  /** Whether the same request would have a chance a little later. */
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

  /** The same failure in other words, or with more facts; what is not given stays as it is. */
  with(changes: Partial<UploadErrorText> & { readonly facts?: UploadErrorFacts }): UploadError {
    const { message, hintParts, isRetryable } = this;
    const text = { message, hint: hintParts, isRetryable, ...changes };
    return new UploadError(this.code, text, { ...this.facts, ...changes.facts });
  }
}

/**
 * Checks the shape and not the class, because errors may come from another copy of this package.
 */
export function isUploadError(error: unknown): error is UploadError {
  return error instanceof Error && error.name === 'UploadError' && 'code' in error && 'facts' in error;
}

/** Adds facts to an UploadError. Facts that it already has are kept. */
export function withFacts(error: unknown, facts: UploadErrorFacts): unknown {
  if (!isUploadError(error)) return error;
  return error.with({ facts: { ...facts, ...error.facts } });
}

/** The `code` of a system error (`ENOENT`, `ECONNRESET`, …), when it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
