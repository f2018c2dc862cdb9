import type { OnEvent, UploadEvent } from '../model/events.ts';
import type { Piece, PieceOutcome } from '../model/piece.ts';
import type { ConnectionOptions, KeySource } from './connection-options.ts';

export type { Data, WebStream } from './data.ts';
export type { ConnectionOptions, KeySource };

/** How the parts of a file are sent. */
export interface TransferOptions extends ConnectionOptions {
  /**
   * Parts in flight at once: 1 to 64. Default: found while sending, from what each number gains.
   */
  readonly concurrency?: number;
  /** Most bytes a second over all parts: at least 1000. Default: no limit. */
  readonly limitRate?: number;
  /** Most requests, as `10/s` or `600/min`, evenly spaced. Default: as many as the server takes. */
  readonly maxRequests?: `${number}/s` | `${number}/min`;
  /** How often each request is tried again: 0 to 100. Default 7. */
  readonly retries?: number;
  /** Wait until the server has processed the file; one in error fails. Default false. */
  readonly wait?: boolean;
}

/** What the file becomes on the server, and how it gets there. */
export interface PushOptions extends TransferOptions {
  /** What the file is for: `batch`, `fine-tune`, `assistants`, … Passed through to the server. */
  readonly purpose: string;
  /**
   * The name that the server gets. Default: the last segment of the path, or the name of a `File`.
   * Other data needs it.
   */
  readonly filename?: string;
  /**
   * For data only: its size in bytes, when that is known. Another size is an error. Default: the
   * size of a Blob.
   */
  readonly bytes?: number;
  /** Default: by the extension of the name. */
  readonly mimeType?: string;
  /** Lifetime of the resulting file in seconds: 3600 to 2592000. Default: no end. */
  readonly expiresAfterSeconds?: number;
  /**
   * Bytes of every part but the last: 1 to 67108864, and at most 10000 parts. Default: found while
   * sending, from the speed of the link, `minPartBytes` to 64000000.
   */
  readonly partBytes?: number;
  /**
   * Fewest bytes of a part whose size is found while sending: 1 to 64000000. Default 1000000.
   */
  readonly minPartBytes?: number;
  /** Whether the server checks the MD5 of the whole file. Default true. */
  readonly md5?: boolean;
  /** Check the file against the rules for its purpose before anything is sent. Default true. */
  readonly check?: boolean;
  /**
   * Continue an unfinished session of the same file when there is one. Default true. Data is always
   * a new upload.
   */
  readonly resume?: boolean;
  /**
   * Return the file that the same bytes made before, for the same purpose and account, if it still
   * exists. The whole file is read for its MD5 and SHA-256 first. Default false.
   */
  readonly ifNotUploaded?: boolean;
}

/**
 * `filename` is the name of the whole file: the pieces of `big.jsonl` are called `big.00001.jsonl`
 * and so on.
 */
export interface SplitOptions extends Omit<PushOptions, 'bytes'> {
  /** Only a batch can be split. */
  readonly purpose: 'batch';
  /** Most lines of a piece: 1 to 50000, which is the default. */
  readonly splitLines?: number;
  /** Most bytes of a piece: 1 to 200000000, which is the default. */
  readonly splitBytes?: number;
  /** A file that gets a JSON line for each piece that is done. Another run continues from it. */
  readonly manifest?: string;
  /** Start the manifest anew when it is about something else, instead of failing. Default false. */
  readonly replaceManifest?: boolean;
  /** Called with the events of each piece; `onEvent` gets those of the whole file. */
  readonly onPieceEvent?: (event: UploadEvent, shard: Piece) => void;
  /** Called as soon as a piece ends, in any order. */
  readonly onPieceEnd?: (outcome: PieceOutcome) => void;
}

/** One of several machines that divide a list of names among them without talking to each other. */
export interface ListShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** What a resume may do besides sending what is missing. */
export interface ResumeOptions extends TransferOptions {
  /**
   * Send parts again whose bytes have changed, instead of failing with `source_changed`. Default
   * false.
   */
  readonly reuploadChanged?: boolean;
  /**
   * Start an expired session over as a new upload, instead of failing with `upload_expired`.
   * Default false.
   */
  readonly restart?: boolean;
}

/** The options of one file, which an uploader does not share. */
export type FileOptions = Omit<PushOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** The options of one session, which an uploader does not share. */
export type ResumeFileOptions = Omit<ResumeOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** What to check a file for. */
export interface CheckOptions {
  /** What the file is for. It is checked against the rules for that purpose. */
  readonly purpose: string;
  /** The name that the server would get. Default: the last segment of the path. */
  readonly filename?: string;
  /** Where it would go, as for a push: Azure has other rules than OpenAI. Nothing is sent there. */
  readonly baseUrl?: string;
  /** Abort to stop at once. */
  readonly signal?: AbortSignal;
  /** As for a push. */
  readonly onEvent?: OnEvent;
}

/** What to look at, and how. */
export interface DiagnoseOptions extends TransferOptions {
  /**
   * Also measures the link with a throw-away upload of so many bytes, which is cancelled: 1000000 to
   * 1000000000.
   */
  readonly uploadBytes?: number;
}

/** A cancel only needs to reach the API. */
export type CancelOptions = ConnectionOptions;

/**
 * Where sessions are saved, and the current account, which decides which of them can be resumed.
 * With very many sessions, `signal` stops what goes through all of them.
 */
export type SessionsOptions = Pick<
  ConnectionOptions,
  'stateDir' | 'stateStore' | 'baseUrl' | 'organization' | 'project' | 'signal'
>;

/** Where sessions are saved, and whether to forget any. */
export interface PruneOptions extends SessionsOptions {
  /** Forget nothing, only tell what would be forgotten. Default false. */
  readonly dryRun?: boolean;
}

export const DEFAULT_RETRIES = 7;
export const DEFAULT_STALL_TIMEOUT_MS = 30_000;
