import { isUploadError, systemCode, UploadError } from '../model/errors.ts';
import { type Hint, hint, option } from '../model/hint.ts';
import type { ConnectFailure } from './open-connection.ts';
import type { ProxyServer, Route } from './proxy.ts';

/** What a failed request was for, and the route it took. */
export interface FailedRequest {
  readonly action: string;
  readonly route: Route;
  readonly nowMs: number;
  /** Where the key of the request came from. */
  readonly keyOrigin?: Hint | undefined;
}

interface Fault {
  readonly why: string;
  readonly hint?: string | Hint;
  /** Another attempt cannot help. */
  readonly isLasting?: boolean;
  /** The server has refused this client. */
  readonly isRefusal?: boolean;
}

const CUT: Fault = { why: 'the connection was cut' };

/** A `100 Continue` or a change of the protocol, by undici's words. It cannot read on after either. */
const UNASKED = /^bad (response|upgrade)$/;

const INTERIM: Fault = {
  why: 'it sent an interim response that was not asked for',
  hint: 'Ask whoever runs the server, or a proxy before it, to send no 100 Continue to this client.',
};

const NO_FILES: Fault = {
  why: 'too many files are open',
  hint: hint`Raise the limit (ulimit -n), or send fewer parts at once with ${option('concurrency')}.`,
};

const FAULTS: Readonly<Record<string, Fault>> = {
  ECONNREFUSED: { why: 'nothing answers there' },
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  ENOTFOUND: { why: 'the host name is not known' },
  EAI_AGAIN: { why: 'the host name could not be looked up' },
  ETIMEDOUT: { why: 'the connection timed out' },
  ENETUNREACH: { why: 'there is no network' },
  EHOSTUNREACH: { why: 'the host cannot be reached' },
  EMFILE: NO_FILES,
  ENFILE: NO_FILES,
  EACCES: { why: 'the system does not allow it', hint: 'Check the firewall of this machine.' },
  EPERM: { why: 'the system does not allow it', hint: 'Check the firewall of this machine.' },
};

/** Node's codes for a certificate that was not signed by any authority known here. */
const UNTRUSTED = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$)/;

/** OpenSSL's messages when the other side does not speak TLS. */
const NOT_TLS = /wrong version number|packet length too long|http request|record layer failure/i;

/**
 * Turns the failure of a request into an UploadError that says whose fault it is and how to fix the
 * cause. An error that is already an UploadError is returned unchanged.
 */
export function errorFromNetwork(error: unknown, request: FailedRequest): unknown {
  if (isUploadError(error) || !(error instanceof Error)) return error;

  const { proxy } = request.route;
  const failure = error.name === 'ConnectFailure' ? (error as ConnectFailure) : undefined;
  if (failure?.proxyStatus !== undefined) return proxyRefusal(failure.proxyStatus, request);

  const cause = failure?.cause instanceof Error ? failure.cause : error;
  const code = codeOf(cause);

  if (code === 'UND_ERR_INVALID_ARG') return unsendableHeader(cause);

  const culprit = failure?.isOfProxy ? proxy : undefined;
  const fault =
    knownFault(cause, code) ??
    tlsFault(cause, code, { culprit, nowMs: request.nowMs }) ??
    otherFault(cause, code);
  const named = code === '' ? '' : ` (${code})`;
  const text = {
    message: `${request.action} failed: ${placeOf(request.route, culprit)}: ${fault.why}${named}`,
    hint: withKey(fault.hint ?? (culprit ? checkProxy(culprit) : 'Check the network.'), request),
    isRetryable: fault.isLasting !== true,
  };

  return new UploadError(fault.isRefusal ? 'authentication' : 'network', text, { cause });
}

/** Whether an open connection was cut. It may have been the server, or anything on the way. */
export function isConnectionCut({ facts }: UploadError): boolean {
  return knownFault(facts.cause, codeOf(facts.cause)) === CUT;
}

function knownFault(cause: unknown, code: string): Fault | undefined {
  return cause instanceof Error && UNASKED.test(cause.message) ? INTERIM : FAULTS[code];
}

function codeOf(cause: unknown): string {
  return systemCode(cause) ?? (cause instanceof Error ? systemCode(cause.cause) : undefined) ?? '';
}

/**
 * Adds which key was meant for which host. If the wrong host was reached, the key is the next thing
 * to check.
 */
function withKey(advice: string | Hint, { keyOrigin = [], route }: FailedRequest): Hint {
  const parts = typeof advice === 'string' ? [advice] : advice;
  return keyOrigin.length === 0
    ? parts
    : hint`${parts} The key of ${keyOrigin} was meant for ${route.origin.host}.`;
}

/** Makes the error for a proxy that refuses a tunnel, or a request for an `http:` address. */
export function proxyRefusal(status: number, { action, route: { proxy } }: FailedRequest): UploadError {
  const variable = proxy?.variable ?? 'HTTPS_PROXY';
  const message = `${action} failed: the proxy ${proxy?.url.host} refused the connection (HTTP ${status})`;
  if (status === 407) {
    const hint = `The proxy wants a user and password: ${variable}=http://user:password@host:port.`;
    return new UploadError('authentication', { message, hint }, { httpStatus: status });
  }
  const isRetryable = status === 408 || status === 429 || status >= 500;
  const text = { message, hint: `Check ${variable} and NO_PROXY.`, isRetryable };
  return new UploadError('network', text, { httpStatus: status });
}

/** Names the proxy too, because it may be the only one that knows the host. */
function placeOf({ origin, proxy }: Route, culprit: ProxyServer | undefined): string {
  if (culprit) return `the proxy ${culprit.url.host} of ${culprit.variable}`;
  return proxy ? `${origin.host}, through the proxy ${proxy.url.host}` : origin.host;
}

function checkProxy({ variable }: ProxyServer): string {
  return `Check ${variable}, or name the host in NO_PROXY to go without a proxy.`;
}

function tlsFault(
  cause: Error,
  code: string,
  { culprit, nowMs }: { readonly culprit: ProxyServer | undefined; readonly nowMs: number },
): Fault | undefined {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const why =
      code === 'CERT_HAS_EXPIRED' ? 'its certificate has expired' : 'its certificate is not valid yet';
    const now = new Date(nowMs).toISOString();
    return { why, hint: `Check the clock of this machine, which says ${now}.`, isLasting: true };
  }

  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    const hint = culprit
      ? `Write the proxy in ${culprit.variable} by the name in its certificate.`
      : 'Check the base URL, and whether something in between answers for this host.';
    return { why: 'its certificate is for another host', hint, isLasting: true };
  }

  if (UNTRUSTED.test(code)) {
    const hint =
      'If an authority of your own has signed the certificate, or a proxy of your own replaces it, name the CA file in NODE_EXTRA_CA_CERTS.';
    return { why: `its certificate is not trusted here: ${cause.message}`, hint, isLasting: true };
  }

  if (!/^(EPROTO$|ERR_SSL_|ERR_TLS_|ERR_OSSL_)/.test(code)) return undefined;

  // An alert of the server. It may arrive as late as the first response.
  if (/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/.test(code)) {
    const why = 'it wants a client certificate, and none or not this one';
    return { why, hint: hint`Check ${option('mtlsClientCertFile')}.`, isLasting: true, isRefusal: true };
  }

  if (NOT_TLS.test(cause.message)) {
    const hint = culprit
      ? `If the proxy does not speak TLS, begin ${culprit.variable} with http://.`
      : 'Check the base URL: this port speaks no TLS.';
    return { why: 'what answers there is not TLS', hint, isLasting: true };
  }

  return {
    why: 'the TLS handshake failed',
    hint: 'The two sides do not agree about TLS. Check whether something in between breaks it.',
    isLasting: true,
  };
}

function otherFault(cause: Error, code: string): Fault {
  // undici asserts what a server should never send, such as the status 000.
  if (code.startsWith('HPE_') || code.startsWith('UND_ERR_HEADERS_') || code === 'ERR_ASSERTION')
    return { why: 'what answers there is not HTTP' };
  return { why: cause.message || code || 'no connection' };
}

/** The value is not repeated, because the header may hold a secret. */
function unsendableHeader(cause: Error): UploadError {
  const advice = hint`Look for line breaks and other odd characters in ${option('headers')}, the organization and the project.`;
  return new UploadError('usage', { message: 'a header cannot be sent', hint: advice }, { cause });
}
