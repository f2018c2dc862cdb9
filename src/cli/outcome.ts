import type { CancelResult, CheckResult, Piece, PushPlan, UploadError, UploadResult } from '../index.ts';

/**
 * The outcome of one file or one upload id. A command yields its outcomes one by one, in the order
 * of its arguments.
 */
export type Outcome =
  | { readonly status: 'completed'; readonly result: UploadResult; readonly piece?: PieceOfMany }
  | { readonly status: 'cancelled'; readonly result: CancelResult }
  | ({ readonly status: 'shown' } & Shown)
  | {
      readonly status: 'planned';
      readonly result: PushPlan & { readonly fileId?: string | null };
      readonly piece?: PieceOfMany;
    }
  | { readonly status: 'checked'; readonly result: CheckResult }
  /** Left out on purpose, because the server would refuse it. */
  | { readonly status: 'skipped'; readonly path: string; readonly error: UploadError }
  | {
      readonly status: 'failed';
      readonly subject: Subject;
      readonly error: UploadError;
      readonly piece?: PieceOfMany;
      readonly wasSkipped?: boolean;
      /** The command that continues the whole job that this belongs to. */
      readonly jobCommand?: string | null | undefined;
      /** The failure is about the whole call, not about the subject. */
      readonly isOfAll?: boolean;
      /** Lines about what else the user could ask for. They belong to the failure. */
      readonly choices?: readonly string[];
      /** The result of a check that came to its end. */
      readonly check?: CheckResult;
    };

/** Which piece of a split file it is, and of how many. */
export type PieceOfMany = Piece & { readonly of: number };

export type Failure = Extract<Outcome, { status: 'failed' }>;

/** What a command was asked to work on. A null id means whatever is saved. */
export type Subject =
  | { readonly path: string }
  | {
      readonly uploadId: string | null;
      readonly command: string;
    };

/** What a command has looked up, in each form in which the user can ask for it. */
export interface Shown {
  /** For `--json`, each on a line of its own. A string is already JSON. */
  readonly objects?: readonly (Readonly<Record<string, unknown>> | string)[];
  /** For stdout without `--json`. */
  readonly lines?: readonly string[];
  /** For people, on stderr. */
  readonly notes?: readonly string[];
  /** The lines conclude the work on many files, so failures are listed before the notes. */
  readonly isSummary?: boolean;
  /** For people, on stderr, even with `--quiet`. */
  readonly hints?: readonly string[];
  /** The error that the lines report. It decides the exit code. */
  readonly error?: UploadError | undefined;
}

/** The outcome of a file that cannot be tried, or is to be left out; undefined for any other. */
export function untriedOutcome({
  path,
  error,
  isUnsuitable,
}: {
  readonly path: string;
  readonly error?: UploadError | undefined;
  readonly isUnsuitable?: boolean | undefined;
}): Outcome | undefined {
  if (error === undefined) return undefined;
  return isUnsuitable ? { status: 'skipped', path, error } : { status: 'failed', subject: { path }, error };
}

/** A line for people. */
export function note(text: string): Outcome {
  return { status: 'shown', notes: [text] };
}
