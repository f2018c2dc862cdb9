import type { CallName, FileObject, UploadObject } from './api-objects.ts';
import type { Fault } from './fault.ts';
import type { RequestLogEntry } from './request-log.ts';
import type { ProfileName, ServerProfile } from './server-profile.ts';

export interface UploadsServerOptions {
  /** 'openai' by default. The other options win over what the profile says. */
  readonly profile?: ProfileName;
  /** '127.0.0.1' by default. */
  readonly host?: string;
  /** 0 by default, for any free port. */
  readonly port?: number;
  /** Serves https with these PEM texts. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** If given, clients must have a certificate of this authority. */
    readonly clientCa?: string;
  };
  /** 'sk-test-key' by default. */
  readonly apiKey?: string;
  /**
   * 'authorization' (with Bearer) in most profiles. Any other header carries the bare key, for
   * example Azure's 'api-key'.
   */
  readonly keyHeader?: string;
  /** '/v1' in most profiles; Azure's is '/openai'. */
  readonly basePath?: string;
  /** Kept at the end. By default it is a temporary directory, which is removed at the end. */
  readonly storeDirectory?: string;
  /**
   * The models, each with the date of its shutdown (YYYY-MM-DD) or null. Without them, the server
   * has no list of models.
   */
  readonly models?: Readonly<Record<string, string | null>>;
  /** The server's clock, in ms since 1970. */
  readonly now?: () => number;
  /** 3600 in most profiles. */
  readonly uploadLifetimeSeconds?: number;
  /** The status for an expired, cancelled or completed upload; 400 in most profiles. */
  readonly closedUploadStatus?: number;
  readonly faults?: readonly Fault[];
  /** The limit for each request's body. */
  readonly bytesPerSecond?: number;
  /** The limit for the bodies of all requests together. */
  readonly totalBytesPerSecond?: number;
  /** A part request above this many at once gets 429. */
  readonly maxPartsInFlight?: number;
  /**
   * The limit for requests of all kinds. The headers of every response say how many are left. One
   * more request gets 429.
   */
  readonly requestsPerMinute?: number;
  /** How much later each response is sent, as over a long link. */
  readonly latencyMs?: number;
}

interface PartRecord {
  readonly id: string;
  readonly bytes: number;
  readonly createdAt: number;
}

export interface UploadsServer {
  /** Ends in the base path, without a slash, and the query that the profile requires. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly profile: ServerProfile;
  readonly port: number;
  readonly storeDirectory: string;
  /** Returns copies, in the order of arrival. */
  requests(call?: CallName): readonly RequestLogEntry[];
  /**
   * The highest number of part requests in flight at once, from their first line to their response.
   * A request whose client went away counts until the server notices, so a quick retry elsewhere
   * can count beside it.
   */
  mostPartsInFlight(): number;
  /**
   * Resolves once the predicate holds. It is asked at once, and whenever a request starts,
   * progresses or ends.
   */
  waitFor(predicate: (requests: readonly RequestLogEntry[]) => boolean): Promise<void>;
  /** @throws Error when one of them is invalid */
  addFaults(...faults: readonly Fault[]): void;
  /** Returns the numbered faults that have not happened as often as planned. */
  pendingFaults(): readonly Fault[];
  /** @throws Error that lists the pending faults */
  assertAllFaultsHappened(): void;
  /** Sends the responses that are held under the label, and all later ones. */
  release(label: string): void;
  /** Resolves once a request has been held under the label. */
  waitForHeld(label: string): Promise<void>;
  uploads(): readonly UploadObject[];
  upload(id: string): UploadObject | undefined;
  /** Returns the parts in the order of their registration; empty for an unknown upload. */
  partsOf(uploadId: string): readonly PartRecord[];
  /** @throws the server's refusal when the upload is not pending */
  expireUpload(id: string): void;
  files(): readonly FileObject[];
  /** Computed from the bytes received. It throws for an unknown file, and so does `readFile`. */
  fileMd5(fileId: string): string;
  readFile(fileId: string): AsyncIterable<Buffer>;
  setClockOffset(offsetMs: number): void;
  /** From now on only this key is accepted. */
  setApiKey(key: string): void;
  /**
   * Cuts every connection, even hanging ones, and waits for what the server was doing. Calling it
   * again is harmless.
   */
  close(): Promise<void>;
}
