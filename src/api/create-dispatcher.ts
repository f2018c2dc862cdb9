import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { UploadError } from '../model/errors.ts';

/** Longest time to connect, with DNS and TLS. The SDKs and other tools allow 30 to 60 seconds. */
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Creates one pool of connections for a run, through the proxy that the environment names, if any.
 * The caller bounds how many are open. undici's own timeouts for responses are off: see
 * `sendRequest`. `isLocalHttp`: the API is on this machine and not encrypted, so a proxy elsewhere
 * would see the key.
 * @throws UploadError `usage` for a proxy address that cannot be used
 */
export function createDispatcher(env: NodeJS.ProcessEnv, { isLocalHttp = false } = {}): Dispatcher {
  const options = {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
  } satisfies Agent.Options;

  const httpProxy = proxyIn(env, 'HTTP_PROXY');
  const httpsProxy = proxyIn(env, 'HTTPS_PROXY');
  if (isLocalHttp || (!httpProxy && !httpsProxy)) return new Agent(options);

  return new EnvHttpProxyAgent({
    ...options,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    noProxy: env.no_proxy || env.NO_PROXY || '',
  });
}

/** Lower case wins, as in curl. The value is not repeated, because it may hold a password. */
function proxyIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name.toLowerCase()] || env[name];
  if (!value || isProxyAddress(value)) return value;
  const hint = `Write it as http://host:port.`;
  throw new UploadError('usage', { message: `${name} is not the address of a proxy`, hint });
}

/** undici decodes the user and the password only when it connects, and would throw then. */
function isProxyAddress(value: string): boolean {
  try {
    const { protocol, username, password } = new URL(value);
    decodeURIComponent(username + password);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}
