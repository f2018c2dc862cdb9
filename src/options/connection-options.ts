import type { KeySource } from '../api/connection.ts';

import type { OnEvent } from '../model/events.ts';
import type { StateStore } from '../model/state-store.ts';

export type { KeySource };

/**
 * How to reach the API, and where sessions are saved. The environment fills in what is left out,
 * then the defaults.
 */
export interface ConnectionOptions {
  /**
   * The key, or a function that gets one. It is called for the first request, and again when the
   * server refuses the key. Default: `OPENAI_API_KEY`, then `keySource`.
   */
  readonly apiKey?: string | (() => Promise<string>);
  /**
   * What gives the key, and a new one before it runs out or when the server refuses it. `apiKey`
   * goes before it. Default: what the environment names.
   */
  readonly keySource?: KeySource;
  /**
   * Default: `OPENAI_BASE_URL`, then `https://api.openai.com/v1`. A query in it is sent with
   * every request.
   */
  readonly baseUrl?: string;
  /**
   * A client certificate in PEM, sent to the base URL alone. Default: `OPENAI_MTLS_CLIENT_CERT_FILE`.
   */
  readonly mtlsClientCertFile?: string;
  /**
   * Its private key in PEM. Default: `OPENAI_MTLS_CLIENT_KEY_FILE`, then the file of the certificate.
   */
  readonly mtlsClientKeyFile?: string;
  /** Default: `OPENAI_ORG_ID`. */
  readonly organization?: string;
  /** Default: `OPENAI_PROJECT_ID`. */
  readonly project?: string;
  /** Default: `api-key` for a host under `openai.azure.com`, else `bearer`. */
  readonly auth?: 'bearer' | 'api-key';
  /**
   * Headers to send with every request. Default: `OPENAI_CUSTOM_HEADERS`, one `Name: value` a line.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Allows an `http:` base URL to a host that is not this machine. The key then travels in the
   * clear.
   */
  readonly insecureHttp?: boolean;
  /** Default: `OPENAI_UPLOAD_STATE_DIR`, then the platform's place for state. */
  readonly stateDir?: string;
  /**
   * Keeps the sessions instead of the state directory, which is then only used for the bytes of
   * streams.
   */
  readonly stateStore?: StateStore;
  /**
   * How long to wait for another process that works on the same upload, in milliseconds: 0 to
   * 86400000. Default 0.
   */
  readonly waitLockMs?: number;
  /**
   * Longest time without progress in a request's body, in milliseconds: 1000 to 3600000. Default
   * 30000. Waiting for a response may take four times as long. Connecting may take as long, and at
   * most 30000.
   */
  readonly stallTimeoutMs?: number;
  /**
   * Abort to stop cleanly. Requests in flight get three more seconds, and the session can be
   * resumed.
   */
  readonly signal?: AbortSignal;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: OnEvent;
}
