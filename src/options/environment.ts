import type { KeySource } from '../api/connection.ts';
import { UploadError } from '../model/errors.ts';
import type { ConnectionOptions, SessionsOptions } from './options.ts';

/**
 * Reads the connection options from the environment. An empty variable counts as unset.
 * @throws UploadError `usage` for a line of `OPENAI_CUSTOM_HEADERS` that is not a header
 */
export function connectionFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): ConnectionOptions {
  return given({
    apiKey: env.OPENAI_API_KEY || undefined,
    keySource: keySourceOf(env),
    baseUrl: env.OPENAI_BASE_URL || undefined,
    mtlsClientCertFile: env.OPENAI_MTLS_CLIENT_CERT_FILE || undefined,
    mtlsClientKeyFile: env.OPENAI_MTLS_CLIENT_KEY_FILE || undefined,
    organization: env.OPENAI_ORG_ID || undefined,
    project: env.OPENAI_PROJECT_ID || undefined,
    stateDir: env.OPENAI_UPLOAD_STATE_DIR || undefined,
    headers: parseHeaders(env.OPENAI_CUSTOM_HEADERS),
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the values that are not undefined. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}

/**
 * Returns the first key source that the environment names. A plain key comes before all of them and
 * is handled elsewhere. The runner of GitHub Actions is available in every job that may use it, so
 * only the identity selects it.
 */
function keySourceOf(env: Readonly<Record<string, string | undefined>>): KeySource | undefined {
  if (env.OPENAI_API_KEY_FILE)
    return { type: 'file', path: env.OPENAI_API_KEY_FILE, setBy: 'OPENAI_API_KEY_FILE' };
  if (env.OPENAI_API_KEY_COMMAND)
    return { type: 'command', command: env.OPENAI_API_KEY_COMMAND, setBy: 'OPENAI_API_KEY_COMMAND' };
  if (!env.OPENAI_IDENTITY_PROVIDER_ID && !env.OPENAI_SERVICE_ACCOUNT_ID) return undefined;

  return {
    type: 'identity',
    providerId: env.OPENAI_IDENTITY_PROVIDER_ID || undefined,
    serviceAccountId: env.OPENAI_SERVICE_ACCOUNT_ID || undefined,
    tokenFile: env.OPENAI_SUBJECT_TOKEN_FILE || undefined,
    runnerUrl: env.ACTIONS_ID_TOKEN_REQUEST_URL || undefined,
    runnerToken: env.ACTIONS_ID_TOKEN_REQUEST_TOKEN || undefined,
    authUrl: env.OPENAI_AUTH_URL || undefined,
  };
}

function parseHeaders(text: string | undefined): Record<string, string> | undefined {
  const lines = text?.split(/\r?\n/).filter((line) => line.trim() !== '') ?? [];
  if (lines.length === 0) return undefined;
  return Object.fromEntries(lines.map(parseHeader));
}

/** Checks the name of a header. A value that HTTP does not allow is refused when it is sent. */
function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trim();
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return [name.toLowerCase(), line.slice(colon + 1).trim()];
  // The line is not repeated, because it may hold a secret.
  const message = 'OPENAI_CUSTOM_HEADERS holds a line that is not of the form "Name: value"';
  throw new UploadError('usage', { message, hint: 'Write one header a line.' });
}

/** Adds the environment to the options of local work, which sends no headers. */
export function withLocalEnvironment(options: SessionsOptions): ConnectionOptions {
  const { OPENAI_CUSTOM_HEADERS: _, ...env } = process.env;
  return withEnvironment(options, env);
}

/** Adds the environment to the given options. An option that is undefined does not hide it. */
export function withEnvironment(
  options: ConnectionOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): ConnectionOptions {
  const { apiKey, ...known } = connectionFromEnvironment(env);
  // A key source that was given comes before a key of the environment.
  const key = options.keySource === undefined && apiKey !== undefined ? { apiKey } : {};

  return { ...known, ...key, ...given(options) };
}
