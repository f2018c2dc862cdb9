import type { OnEvent, UploadEvent } from '../model/events.ts';
import type { Piece, PieceOutcome } from '../model/piece.ts';
import type { ConnectionOptions, KeySource } from './connection-options.ts';

export type { Data, WebStream } from './data.ts';
export type { ConnectionOptions, KeySource };

/** How the parts of a file are sent. */
export interface TransferOptions extends ConnectionOptions {
  /**
   * Parts in flight at once: 1 to 64. Default: adjusted while sending, by how much each number
   * gains.
   */
  readonly concurrency?: number;
  /** Most bytes per second over all parts: at least 1000. Default: no limit. */
  readonly limitRate?: number;
  /**
   * Most requests, written `10/s` or `600/min`, and evenly spaced. Default: as many as the server
   * takes.
   */
  readonly maxRequests?: `${number}/s` | `${number}/min`;
  /** How often each request is tried again: 0 to 100. Default 7. */
  readonly retries?: number;
  /** Wait, half an hour at most, until the server has processed the file; fail if it could not. Default false. */
  readonly wait?: boolean;
}

/** What the file becomes on the server, and how it gets there. */
export interface PushOptions extends TransferOptions {
  /** What the file is for: `batch`, `fine-tune`, `assistants`, … Sent to the server as it is. */
  readonly purpose: string;
  /**
   * The filename on the server. Default: the last segment of the path, or the name of a `File`.
   * Required for other data.
   */
  readonly filename?: string;
  /**
   * For data only: its size in bytes, if known. The push fails if the data has another size.
   * Default: the size of data in memory.
   */
  readonly bytes?: number;
  /** Default: by the extension of the filename. */
  readonly mimeType?: string;
  /** Lifetime of the resulting file in seconds: 3600 to 2592000. Default: it never expires. */
  readonly expiresAfterSeconds?: number;
  /**
   * Bytes of every part but the last: 1 to 67108864, with at most 10000 parts. Default: part sizes
   * follow the speed of the link, from `minPartBytes` to 64000000.
   */
  readonly partBytes?: number;
  /**
   * Fewest bytes of a part whose size follows the speed of the link: 1 to 64000000. Default
   * 1000000.
   */
  readonly minPartBytes?: number;
  /** Whether the server checks the MD5 of the whole file. Default true. */
  readonly md5?: boolean;
  /** Check the file against the rules for its purpose before anything is sent. Default true. */
  readonly check?: boolean;
  /**
   * Continue an unfinished session of the same file if there is one. Default true. Data is always a
   * new upload.
   */
  readonly resume?: boolean;
  /**
   * If the same bytes were uploaded before for the same purpose and account, and that file still
   * exists, return it. The whole file is read for its MD5 and SHA-256 first. Default false.
   */
  readonly ifNotUploaded?: boolean;
}

/**
 * `filename` is the name of the whole file: the pieces of `big.jsonl` are named `big.00001.jsonl`
 * and so on.
 */
export interface SplitOptions extends Omit<PushOptions, 'bytes'> {
  /** Only a batch can be split. */
  readonly purpose: 'batch';
  /** Most lines of a piece: 1 to 50000. Default 50000. */
  readonly splitLines?: number;
  /** Most bytes of a piece: 1 to 200000000. Default 200000000. */
  readonly splitBytes?: number;
  /** A file that gets a JSON line for each finished piece. Another run continues from it. */
  readonly manifest?: string;
  /** Start the manifest over when it is about something else, instead of failing. Default false. */
  readonly replaceManifest?: boolean;
  /** Called with the events of each piece; `onEvent` gets those of the whole file. */
  readonly onPieceEvent?: (event: UploadEvent, shard: Piece) => void;
  /** Called as soon as a piece ends, in any order. */
  readonly onPieceEnd?: (outcome: PieceOutcome) => void;
}

/**
 * One share of a list of names that several machines divide among them without talking to each
 * other.
 */
export interface ListShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** What a resume may do besides sending the missing parts. */
export interface ResumeOptions extends TransferOptions {
  /** Send changed parts again instead of failing with `source_changed`. Default false. */
  readonly reuploadChanged?: boolean;
  /**
   * Start an expired session over as a new upload instead of failing with `upload_expired`. Default
   * false.
   */
  readonly restart?: boolean;
}

/** The options that each file of an uploader has for itself. */
export type FileOptions = Omit<PushOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** The options that each resumed session of an uploader has for itself. */
export type ResumeFileOptions = Omit<ResumeOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** What to check a file for. */
export interface CheckOptions {
  /** What the file is for. The rules for that purpose are checked. */
  readonly purpose: string;
  /** The name that the server would get. Default: the last segment of the path. */
  readonly filename?: string;
  /**
   * The base URL that a push would use, because Azure has other rules than OpenAI. Nothing is sent.
   */
  readonly baseUrl?: string;
  /** Abort it to stop at once. */
  readonly signal?: AbortSignal;
  /** Called with every event, as in a push. */
  readonly onEvent?: OnEvent;
}

/** What to check, and how. */
export interface DiagnoseOptions extends TransferOptions {
  /**
   * Also measure the link with a throwaway upload of this many bytes, which is then cancelled:
   * 1000000 to 1000000000.
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

/** Where sessions are saved, and whether any are forgotten. */
export interface PruneOptions extends SessionsOptions {
  /** Forget nothing, and only report what would be forgotten. Default false. */
  readonly dryRun?: boolean;
}

export const DEFAULT_RETRIES = 7;
export const DEFAULT_STALL_TIMEOUT_MS = 30_000;
