import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';

/** Time for a connection to come about, name and TLS included. The SDKs and peers take 30 to 60 seconds. */
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * One pool of connections for a run, through the proxy that the environment names, if it names one. How many are open is
 * bounded by who calls. undici's own timeouts for answers are off: see `sendRequest`.
 */
export function createDispatcher(env: NodeJS.ProcessEnv): Dispatcher {
  const options = {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
  } satisfies Agent.Options;
  const httpProxy = env.http_proxy || env.HTTP_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY;
  if (!httpProxy && !httpsProxy) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    noProxy: env.no_proxy || env.NO_PROXY || '',
  });
}
