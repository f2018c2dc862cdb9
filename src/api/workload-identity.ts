import { isUploadError, UploadError } from '../model/errors.ts';
import { normalizeBaseUrl } from './connection.ts';
import { createConnections } from './connections.ts';
import { type IdentitySource, type IssuedKey, keyFault, nameOf, readSmallFile } from './key.ts';
import { routeTo } from './proxy.ts';
import { type HttpClient, sendRequest } from './send-request.ts';

const TOKEN_URL = 'https://auth.openai.com/oauth/token';
/** The audience of GitHub's tokens in OpenAI's guide. */
const AUDIENCE = 'https://api.openai.com/v1';
/** The lifetime that the official SDKs assume. */
const DEFAULT_LIFETIME_S = 3600;

/** What these requests share with those to the API. */
export type ExchangeClient = Pick<HttpClient, 'redact' | 'userAgent' | 'clock' | 'onEvent'> & {
  readonly onSecret: (secret: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stallTimeoutMs: number;
};

/**
 * Exchanges the subject token of a workload for an access token.
 * @throws UploadError `usage`, `authentication`, and retryable errors of the requests
 */
export async function exchangeToken(
  source: IdentitySource,
  client: ExchangeClient,
  signal: AbortSignal,
): Promise<IssuedKey> {
  const { providerId, serviceAccountId, authUrl = TOKEN_URL } = source;
  if (providerId === undefined || serviceAccountId === undefined)
    throw incomplete(
      'OPENAI_IDENTITY_PROVIDER_ID and OPENAI_SERVICE_ACCOUNT_ID belong together',
      'Set both of them.',
    );

  const subjectToken = await subjectTokenOf(source, client, signal);
  client.onSecret(subjectToken);
  const json = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    identity_provider_id: providerId,
    service_account_id: serviceAccountId,
  };

  const url = secureUrl(authUrl, 'OPENAI_AUTH_URL');
  const action = 'exchanging the subject token for an access token';
  const response = await ask({ source, url, method: 'POST', json, action }, client, signal);
  const { access_token, expires_in = DEFAULT_LIFETIME_S } = response;
  if (typeof access_token !== 'string' || keyFault(access_token) !== undefined)
    throw refused(`${action} failed: the response has no usable access_token`, { source, url });

  client.onSecret(access_token);
  const lifetimeMs = Number(expires_in) * 1000;
  return lifetimeMs > 0 && Number.isFinite(lifetimeMs)
    ? { key: access_token, lifetimeMs }
    : { key: access_token };
}

async function subjectTokenOf(
  source: IdentitySource,
  client: ExchangeClient,
  signal: AbortSignal,
): Promise<string> {
  const { tokenFile, runnerUrl, runnerToken } = source;
  if (tokenFile !== undefined) return readTokenFile(tokenFile);
  if (runnerUrl === undefined || runnerToken === undefined)
    throw incomplete(
      'the workload identity has no subject token',
      'Set OPENAI_SUBJECT_TOKEN_FILE. In GitHub Actions, give the job the permission "id-token: write" instead.',
    );

  client.onSecret(runnerToken);
  const address = new URL(secureUrl(runnerUrl, 'ACTIONS_ID_TOKEN_REQUEST_URL'));
  address.searchParams.set('audience', AUDIENCE);
  const url = address.href;
  const action = 'asking GitHub Actions for a subject token';
  const { value } = await ask({ source, url, method: 'GET', token: runnerToken, action }, client, signal);
  if (typeof value === 'string' && value !== '') return value;
  throw refused(`${action} failed: the response has no token`, { source, url });
}

function readTokenFile(path: string): string {
  try {
    const token = readSmallFile(path).trim();
    if (token === '') throw new Error('it is empty');
    return token;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the subject token file ${path} cannot be used: ${why}`;
    throw new UploadError('authentication', { message, hint: 'Check OPENAI_SUBJECT_TOKEN_FILE.' }, { cause });
  }
}

interface Question {
  readonly source: IdentitySource;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly json?: unknown;
  readonly token?: string;
  readonly action: string;
}

/** Sends the request once. The caller's retries cover it. */
async function ask(
  { source, url, token, ...call }: Question,
  { env, stallTimeoutMs, ...shared }: ExchangeClient,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const connections = createConnections(routeTo(url, env), { stallTimeoutMs });
  const connection = {
    baseUrl: url,
    organization: null,
    project: null,
    auth: 'bearer',
    headers: {},
  } as const;
  const credentials = token === undefined ? undefined : plainKey(token);

  try {
    return await sendRequest(
      { ...shared, connection, connections, credentials, onServerDate: () => undefined },
      { ...call, path: '' },
      { signal, attempt: 1 },
    );
  } catch (error) {
    if (!isUploadError(error) || error.isRetryable || error.code === 'network') throw error;
    throw refused(error.message, { source, url, cause: error });
  } finally {
    await connections.close();
  }
}

function plainKey(token: string): NonNullable<HttpClient['credentials']> {
  return { origin: [], key: async () => token, accepted: () => {}, refused: () => false, close: () => {} };
}

/** @throws UploadError `usage` for a URL over which a token would travel in the clear */
function secureUrl(text: string, variable: string): string {
  try {
    return normalizeBaseUrl(text, { insecureHttp: false });
  } catch {
    throw incomplete(
      `${variable} is not an https address`,
      'Only on this machine it may begin with http://.',
    );
  }
}

function incomplete(message: string, hint: string): UploadError {
  return new UploadError('usage', { message, hint });
}

/** As for a key: names where the token came from, and whom it was sent to. */
function refused(
  message: string,
  { source, url, cause }: Pick<Question, 'source' | 'url'> & { readonly cause?: UploadError },
): UploadError {
  const advice = `Check ${nameOf(source)}: the provider, the service account, and what they allow.`;
  const hint = `${advice} The request went to ${new URL(url).host}.`;
  return new UploadError('authentication', { message, hint }, { ...cause?.facts, ...(cause && { cause }) });
}
