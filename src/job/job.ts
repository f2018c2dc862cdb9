import type { Uploader } from '../upload/uploader.ts';

/** What a job should do. */
export interface JobRequest {
  /** What the caller wants, in its own words. The same words make the same job. */
  readonly wanted: Readonly<Record<string, unknown>>;
  /** Settings that do not change what is wanted. They are saved for later runs of the job. */
  readonly how?: Readonly<Record<string, unknown>>;
  /** The folder that paths are relative to. */
  readonly cwd: string;
  /** Keeps the journal in this file, even after the job has ended. */
  readonly manifest?: string | undefined;
  /** The manifest is for the pieces of a split file. The split locks and writes it itself. */
  readonly isForPieces?: boolean;
  /** Other processes may write to the manifest, for other shards. */
  readonly isShared?: boolean;
  /** Continues this job or fails, because it may belong to another account. */
  readonly expectedId?: string | undefined;
  /** Ignores what earlier runs have done. */
  readonly startOver?: boolean;
}

/** A push of many files that continues where an earlier run stopped. */
export interface Job {
  readonly id: string;
  /** When the same job was last finished or cancelled, in Unix seconds. It now starts over. */
  readonly finishedAt: number | undefined;
  readonly wasCancelled: boolean;
  /** Whether no earlier run has begun it, so that there is nothing to continue yet. */
  readonly isNew: boolean;
  /** Like that of an uploader. Files that earlier runs have done take no request. */
  readonly pushAll: Uploader['pushAll'];
  /** Returns the manifest for a split file. It ends with the job unless the caller named one. */
  manifestOf(path: string): string;
  /** Marks the job as done. */
  finish(): Promise<void>;
  /** Forgets the job. It is for one that could only fail again, and of which nothing was sent. */
  drop(): Promise<void>;
  close(): Promise<void>;
}
