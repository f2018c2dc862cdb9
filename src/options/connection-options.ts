import type { KeySource } from '../api/connection.ts';

import type { OnEvent } from '../model/events.ts';
import type { StateStore } from '../model/state-store.ts';

export type { KeySource };

/**
 * How to reach the API, and where sessions are saved. The environment provides options that are
 * left out, and after it the defaults.
 */
export interface ConnectionOptions {
  /**
   * The key, or a function that fetches it. The function is called for the first request, and again
   * when the server refuses the key. Default: `OPENAI_API_KEY`, then `keySource`.
   */
  readonly apiKey?: string | (() => Promise<string>);
  /**
   * Where to get the key, and a new one before it expires or when the server refuses it. `apiKey`
   * takes precedence. Default: the source that the environment names.
   */
  readonly keySource?: KeySource;
  /**
   * Default: `OPENAI_BASE_URL`, then `https://api.openai.com/v1`. A query in it is sent with
   * every request.
   */
  readonly baseUrl?: string;
  /**
   * A client certificate in PEM, sent only to the base URL. Default:
   * `OPENAI_MTLS_CLIENT_CERT_FILE`.
   */
  readonly mtlsClientCertFile?: string;
  /**
   * Its private key in PEM. Default: `OPENAI_MTLS_CLIENT_KEY_FILE`, then the certificate's file.
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
   * Allow an `http:` base URL for a host other than this machine. The key is then sent unencrypted.
   */
  readonly insecureHttp?: boolean;
  /** Default: `OPENAI_UPLOAD_STATE_DIR`, then the state directory of the platform. */
  readonly stateDir?: string;
  /**
   * Keeps the sessions instead of the state directory, which then holds only the bytes of streams.
   */
  readonly stateStore?: StateStore;
  /**
   * How long to wait for another process that is working on the same upload, in milliseconds: 0 to
   * 86400000. Default 0.
   */
  readonly waitLockMs?: number;
  /**
   * Longest time without progress in the body of a request, in milliseconds: 1000 to 3600000.
   * Default 30000. The wait for a response may be four times as long. Connecting may take as long
   * as this, but at most 30000.
   */
  readonly stallTimeoutMs?: number;
  /**
   * Abort it to stop cleanly. Requests in flight get 2.5 seconds more, and the session can be
   * resumed.
   */
  readonly signal?: AbortSignal;
  /** Called synchronously with every event. It must not throw. */
  readonly onEvent?: OnEvent;
}
