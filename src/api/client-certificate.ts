import { systemCode, UploadError } from '../model/errors.ts';
import { readRegularFile } from '../model/file-access.ts';
import { hint, type OptionName, option } from '../model/hint.ts';
import type { ClientCertificate } from './open-connection.ts';

/**
 * Reads a client certificate and tests it once. Otherwise every connection would fail on its own.
 * @throws UploadError `usage`, also for plain http, where a server never asks for a certificate
 */
export function readClientCertificate(
  {
    mtlsClientCertFile: certFile,
    mtlsClientKeyFile: keyFile = certFile,
  }: { readonly mtlsClientCertFile?: string; readonly mtlsClientKeyFile?: string },
  baseUrl: string,
): ClientCertificate | undefined {
  if (!keyFile) return undefined;
  if (baseUrl.startsWith('http:')) {
    throw new UploadError('usage', {
      message: `a client certificate is set, but nothing is encrypted on the way to ${baseUrl}`,
      hint: hint`Use https, or do not set ${option('mtlsClientCertFile')}.`,
    });
  }

  if (!certFile) {
    const advice = hint`Name it in ${option('mtlsClientCertFile')}.`;
    const message = 'there is a client key, but no client certificate';
    throw new UploadError('usage', { message, hint: advice });
  }

  // Loaded only here, because it takes a while and plain http does not need it.
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const read = (path: string) => readRegularFile(path, { followLinks: true });
  const cert = attempt(() => read(certFile), certFile, 'mtlsClientCertFile');
  const key = attempt(() => read(keyFile), keyFile, 'mtlsClientKeyFile');
  attempt(() => createSecureContext({ cert }), certFile, 'mtlsClientCertFile');
  attempt(() => createSecureContext({ cert, key }), keyFile, 'mtlsClientKeyFile');

  return { cert, key };
}

/** OpenSSL names its own routines, which tells nobody what to do. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_OSSL_PEM_NO_START_LINE: 'it holds no certificate in PEM',
  ERR_OSSL_UNSUPPORTED: 'it holds no private key in PEM',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'it does not belong to the certificate',
  ERR_OSSL_BAD_DECRYPT: 'it is encrypted, and there is no way to give its password',
};

function attempt<T>(action: () => T, path: string, name: OptionName): T {
  try {
    return action();
  } catch (cause) {
    const why = REASONS[systemCode(cause) ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
    const what =
      name === 'mtlsClientKeyFile' ? 'the key of the client certificate' : 'the client certificate';
    const text = { message: `${what}, ${path}, cannot be used: ${why}`, hint: hint`Check ${option(name)}.` };
    throw new UploadError('usage', text, { cause });
  }
}
