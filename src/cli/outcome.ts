import type { CancelResult, CheckResult, PushPlan, UploadError, UploadResult } from '../index.ts';

/** What came of one file or one upload id. A command gives them one by one, in the order of its arguments. */
export type Outcome =
  | { readonly status: 'completed'; readonly result: UploadResult }
  | { readonly status: 'cancelled'; readonly result: CancelResult }
  | { readonly status: 'planned'; readonly result: PushPlan }
  | { readonly status: 'checked'; readonly result: CheckResult }
  | {
      readonly status: 'failed';
      readonly subject: Subject;
      readonly error: UploadError;
      readonly wasSkipped?: boolean;
      /** Of a check that came to its end. */
      readonly check?: CheckResult;
    };

/** What a command was asked to work on. */
export type Subject =
  | { readonly path: string }
  | { readonly uploadId: string; readonly command: 'resume' | 'cancel' };
