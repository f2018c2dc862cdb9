import type { CallName, FileObject, UploadObject } from './api-objects.ts';
import type { Fault } from './fault.ts';
import type { RequestLogEntry } from './request-log.ts';
import type { ProfileName, ServerProfile } from './server-profile.ts';

export interface UploadsServerOptions {
  /** 'openai' unless told. What is told beside it goes before what the profile says. */
  readonly profile?: ProfileName;
  /** '127.0.0.1' unless told. */
  readonly host?: string;
  /** 0, for any free one, unless told. */
  readonly port?: number;
  /** Serves https with these PEM texts. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** With this authority of theirs, clients must have a certificate. */
    readonly clientCa?: string;
  };
  /** 'sk-test-key' unless told. */
  readonly apiKey?: string;
  /** 'authorization' (with Bearer) in most profiles; any other header carries the bare key, as Azure's 'api-key'. */
  readonly keyHeader?: string;
  /** '/v1' in most profiles; Azure's is '/openai'. */
  readonly basePath?: string;
  /** Kept at the end. A temporary directory, removed at the end, unless told. */
  readonly storeDirectory?: string;
  /** Its models, each with the date of its shutdown, as YYYY-MM-DD, or null. Without them it has no list of models. */
  readonly models?: Readonly<Record<string, string | null>>;
  /** The server's clock, in ms since 1970. */
  readonly now?: () => number;
  /** 3600 in most profiles. */
  readonly uploadLifetimeSeconds?: number;
  /** What an expired, cancelled or completed upload answers; 400 in most profiles. */
  readonly closedUploadStatus?: number;
  readonly faults?: readonly Fault[];
  /** Of each request's body. */
  readonly bytesPerSecond?: number;
  /** Of all requests' bodies together. */
  readonly totalBytesPerSecond?: number;
  /** A part request above this many at once is answered 429. */
  readonly maxPartsInFlight?: number;
  /** Of all kinds; what is left of them is in the headers of every response. One more is answered 429. */
  readonly requestsPerMinute?: number;
}

interface PartRecord {
  readonly id: string;
  readonly bytes: number;
  readonly createdAt: number;
}

export interface UploadsServer {
  /** Ends in the base path, with no slash, and the query that the profile wants. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly profile: ServerProfile;
  readonly port: number;
  readonly storeDirectory: string;
  /** Copies, in the order of arrival. */
  requests(call?: CallName): readonly RequestLogEntry[];
  /**
   * Part requests between their first line and their answer. One whose client went away counts until the
   * server sees it, so a quick retry elsewhere can count beside it.
   */
  mostPartsInFlight(): number;
  /** Resolves once the predicate holds; it is asked at once and whenever a request starts, gets on or ends. */
  waitFor(predicate: (requests: readonly RequestLogEntry[]) => boolean): Promise<void>;
  /** Throws an Error when one of them is nonsense. */
  addFaults(...faults: readonly Fault[]): void;
  /** Numbered faults that have not happened as often as planned. */
  pendingFaults(): readonly Fault[];
  /** Throws an Error that lists the pending ones. */
  assertAllFaultsHappened(): void;
  /** Lets the answers held under the label go, and all that come to it later. */
  release(label: string): void;
  /** Resolves once a request has been held under the label. */
  waitForHeld(label: string): Promise<void>;
  uploads(): readonly UploadObject[];
  upload(id: string): UploadObject | undefined;
  /** In the order of their registration; empty for an unknown upload. */
  partsOf(uploadId: string): readonly PartRecord[];
  /** Throws the server's refusal when the upload is not pending. */
  expireUpload(id: string): void;
  files(): readonly FileObject[];
  /** Computed from the bytes received. Throws for an unknown file, as does readFile. */
  fileMd5(fileId: string): string;
  readFile(fileId: string): AsyncIterable<Buffer>;
  setClockOffset(offsetMs: number): void;
  /** From now on this key is right, and the one before is not. */
  setApiKey(key: string): void;
  /** Cuts every connection, hanging ones too, and waits for what the server was doing. Harmless when done again. */
  close(): Promise<void>;
}
