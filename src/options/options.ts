import type { OnEvent, UploadEvent } from '../model/events.ts';
import type { Piece, PieceOutcome } from '../model/piece.ts';
import type { StateStore } from '../model/state-store.ts';

/** How to reach the API, and where sessions are saved. What is left out comes from the environment, then from the defaults. */
export interface ConnectionOptions {
  /** Default: `OPENAI_API_KEY`. */
  readonly apiKey?: string;
  /**
   * Default: `OPENAI_BASE_URL`, then `https://api.openai.com/v1`. A query in it goes along with every
   * request.
   */
  readonly baseUrl?: string;
  /** Default: `OPENAI_ORG_ID`. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`. */
  readonly project?: string;
  /** Default: `api-key` for a host under `openai.azure.com`, else `bearer`. */
  readonly auth?: 'bearer' | 'api-key';
  /** Headers to send with every request. Default: `OPENAI_CUSTOM_HEADERS`, one `Name: value` a line. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Allows an `http:` base URL to a host that is not this machine. The key then travels in the clear. */
  readonly insecureHttp?: boolean;
  /** Default: `OPENAI_UPLOAD_STATE_DIR`, then the platform's place for state. */
  readonly stateDir?: string;
  /** Keeps the sessions in the place of files in the state directory, which is then only for the bytes of streams. */
  readonly stateStore?: StateStore;
  /**
   * How long to wait for another process that works on the same upload, in milliseconds: 0 to
   * 86400000. Default 0.
   */
  readonly waitLockMs?: number;
  /**
   * Longest time without progress in a request's body, in milliseconds: 1000 to 3600000. Default 30000.
   * Waiting for an answer may take four times as long.
   */
  readonly stallTimeoutMs?: number;
  /** Aborting stops cleanly: what is on its way may take three more seconds, and the session stays resumable. */
  readonly signal?: AbortSignal;
  /** Hears of everything that happens. Called synchronously; must not throw. */
  readonly onEvent?: OnEvent;
}

/** How parts are sent: for what sends some. */
export interface TransferOptions extends ConnectionOptions {
  /** Parts on their way at once: 1 to 64. Default: it finds its own number, 4 at first, 16 at most. */
  readonly concurrency?: number;
  /** The most bytes a second, over all parts: from 1000 on. Default: no limit. */
  readonly limitRate?: number;
  /** How often each request is tried again: 0 to 100. Default 7. */
  readonly retries?: number;
}

/** What is in memory, or comes piece by piece. */
export type Data = Blob | AsyncIterable<Uint8Array>;

/** What a file is to be on the server, and how it gets there. */
export interface PushOptions extends TransferOptions {
  /** What the file is for: `batch`, `fine-tune`, `assistants`, … Passed through to the server. */
  readonly purpose: string;
  /** The name the server is told. Default: the path's last segment, or the name of a `File`; other data needs it. */
  readonly filename?: string;
  /** Of data only: how many bytes it gives, when that is known; more or fewer are an error. Default: the size of a Blob. */
  readonly bytes?: number;
  /** Default: by the name's extension. */
  readonly mimeType?: string;
  /** Lifetime of the resulting file in seconds: 3600 to 2592000. Default: no end. */
  readonly expiresAfterSeconds?: number;
  /** Bytes of a part: 1 to 67108864, and at most 10000 parts. Default: by the file's size, 8000000 to 64000000. */
  readonly partBytes?: number;
  /** Have the server check the MD5 of the whole file. Default true. */
  readonly md5?: boolean;
  /** Look at the file by the rules of its purpose before anything is sent. Default true. */
  readonly check?: boolean;
  /** Continue an unfinished session of the same file when there is one. Default true. Data is always a new upload. */
  readonly resume?: boolean;
  /**
   * Give the file that the same bytes have made before, for the same purpose, server and account, if it is still there. The whole
   * file is read for its MD5 first. Default false.
   */
  readonly ifNotUploaded?: boolean;
}

/** `filename` is that of the whole: the shards of `big.jsonl` are called `big.00001.jsonl` and so on. */
export interface SplitOptions extends Omit<PushOptions, 'bytes'> {
  /** Only a batch can be split. */
  readonly purpose: 'batch';
  /** The most lines of a shard: 1 to 50000, which is the default. */
  readonly splitLines?: number;
  /** The most bytes of a shard: 1 to 200000000, which is the default. */
  readonly splitBytes?: number;
  /** A file that is told of each shard that is done, as a JSON line, and by which another run goes on. */
  readonly manifest?: string;
  /** Hears of what happens to each shard; `onEvent` of what is about the whole file. */
  readonly onPieceEvent?: (event: UploadEvent, shard: Piece) => void;
  /** Called as soon as a shard is over, in whatever order. */
  readonly onPieceEnd?: (outcome: PieceOutcome) => void;
}

/** One of several machines that share out a list of names without asking each other. */
export interface ListShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** What may be done besides sending what is missing. */
export interface ResumeOptions extends TransferOptions {
  /** Send parts again whose bytes have changed, instead of failing with `source_changed`. Default false. */
  readonly reuploadChanged?: boolean;
  /** Start an expired session over as a new upload, instead of failing with `upload_expired`. Default false. */
  readonly restart?: boolean;
}

/** One file of several: what an uploader does not share. */
export type FileOptions = Omit<PushOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** One session of several: what an uploader does not share. */
export type ResumeFileOptions = Omit<ResumeOptions, Exclude<keyof TransferOptions, 'signal' | 'onEvent'>>;

/** What a file is to be, for a look at whether it can be. */
export interface CheckOptions {
  /** What the file is for: its rules are looked at. */
  readonly purpose: string;
  /** The name the server would be told. Default: the path's last segment. */
  readonly filename?: string;
  /** Aborting stops at once. */
  readonly signal?: AbortSignal;
  /** As with a push. */
  readonly onEvent?: OnEvent;
}

/** A cancel needs to know where the API is, and no more. */
export type CancelOptions = ConnectionOptions;

/** Where sessions are saved, and what is set now, which tells which of them could be resumed. */
export type SessionsOptions = Pick<
  ConnectionOptions,
  'stateDir' | 'stateStore' | 'baseUrl' | 'organization' | 'project'
>;

/** Where sessions are saved, and whether to forget any. */
export interface PruneOptions extends SessionsOptions {
  /** Forget nothing, only tell what would be forgotten. Default false. */
  readonly dryRun?: boolean;
}

export const MAX_CONCURRENCY = 64;
export const DEFAULT_RETRIES = 7;
export const MAX_RETRIES = 100;
export const MIN_LIMIT_RATE = 1000;
export const DEFAULT_STALL_TIMEOUT_MS = 30_000;
/** The API's bounds of a batch. It says MB and leaves open which; nobody minds a shard that is a little smaller. */
export const MAX_BATCH_LINES = 50_000;
export const MAX_BATCH_BYTES = 200_000_000;
