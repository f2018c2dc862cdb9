import { isUploadError, systemCode, UploadError } from '../model/errors.ts';

/** Node's codes for a certificate that cannot be trusted. Another attempt does not change that. */
const CERTIFICATE_CODES =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|HOSTNAME_MISMATCH$|EPROTO$)/;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'the host cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within 30 seconds',
  UND_ERR_SOCKET: 'the connection was cut',
};

/**
 * Turns a failed request into an UploadError. One that is an UploadError already is returned as it
 * is.
 */
export function errorFromNetwork(
  cause: unknown,
  request: { readonly action: string; readonly host: string },
): unknown {
  if (isUploadError(cause) || !(cause instanceof Error)) return cause;

  const refusal = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1];
  if (refusal !== undefined) return proxyError(cause, Number(refusal), request.action);

  const code = systemCode(cause) ?? systemCode(cause.cause) ?? '';
  const why = REASONS[code] ?? (cause.message || code);
  const message = `${request.action} failed: ${request.host}: ${why}${code ? ` (${code})` : ''}`;

  if (code === 'UND_ERR_INVALID_ARG') {
    // The value is not repeated, because the header may hold a secret.
    const text = { message: 'a header cannot be sent', hint: 'Look for line breaks in what you set.' };
    return new UploadError('usage', text, { cause });
  }

  if (CERTIFICATE_CODES.test(code)) {
    const hint =
      "The server's certificate is not trusted here. If a proxy of your own signs it, name its CA file in NODE_EXTRA_CA_CERTS.";
    return new UploadError('network', { message, hint }, { cause });
  }

  return new UploadError('network', { message, hint: 'Check the network.', isRetryable: true }, { cause });
}

/** undici reports a refused tunnel only in its message. */
function proxyError(cause: Error, status: number, action: string): UploadError {
  const message = `${action} failed: the proxy refused the connection (HTTP ${status})`;
  if (status === 407) {
    const hint = 'The proxy wants a user and password: HTTPS_PROXY=http://user:password@host:port.';
    return new UploadError('authentication', { message, hint }, { cause, httpStatus: status });
  }
  const text = { message, hint: 'Check HTTPS_PROXY and NO_PROXY.', isRetryable: status >= 500 };
  return new UploadError('network', text, { cause, httpStatus: status });
}
