import type {
  CancelResult,
  Check,
  CheckResult,
  Piece,
  PushPlan,
  UploadError,
  UploadResult,
} from '../index.ts';

/**
 * What came of one file or one upload id. A command gives them one by one, in the order of its
 * arguments.
 */
export type Outcome =
  | { readonly status: 'completed'; readonly result: UploadResult; readonly piece?: PieceOfMany }
  | { readonly status: 'cancelled'; readonly result: CancelResult }
  | { readonly status: 'shown'; readonly shown: Shown }
  | { readonly status: 'diagnosed'; readonly check: Check }
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
      /** What goes on with the whole job that it is a part of. */
      readonly jobCommand?: string | null | undefined;
      /** It is about the whole call, not about the subject. */
      readonly isOfAll?: boolean;
      /** Lines about what could be asked for instead; they belong to the failure. */
      readonly choices?: readonly string[];
      /** Of a check that came to its end. */
      readonly check?: CheckResult;
    };

/** Of a file that is split: which of how many. */
export type PieceOfMany = Piece & { readonly of: number };

export type Failure = Extract<Outcome, { status: 'failed' }>;

/** What a command was asked to work on; null for whatever is saved. */
export type Subject =
  | { readonly path: string }
  | {
      readonly uploadId: string | null;
      /** Its name. */
      readonly command: string;
    };

/** What a command has looked up, in the forms in which it can be asked for. */
export interface Shown {
  /** For `--json`, each on a line of its own. A text is one already. */
  readonly objects: readonly (Readonly<Record<string, unknown>> | string)[];
  /** For stdout otherwise. */
  readonly lines: readonly string[];
  /** For people, on stderr. */
  readonly notes: readonly string[];
  /** It ends the work on many, so what has failed of them is listed before the notes. */
  readonly isSummary?: boolean;
  /** For people, on stderr, also when only errors are wanted. */
  readonly hints?: readonly string[];
}
