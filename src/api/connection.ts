import type { Account } from '../model/account.ts';
import { shownUrl } from '../model/base-url.ts';
import { systemCode, UploadError } from '../model/errors.ts';
import { readRegularFile } from '../model/file-access.ts';
import { hint, type OptionName, option } from '../model/hint.ts';

/** Where the API is, and the account that requests are sent for. */
export interface Connection {
  /**
   * Has no slash at its end. Its query, such as Azure's `api-version`, is sent with every request.
   */
  readonly baseUrl: string;
  readonly organization: string | null;
  readonly project: string | null;
  /** `bearer`: `Authorization: Bearer <key>`; `api-key`: Azure's header of that name. */
  readonly auth: 'bearer' | 'api-key';
  /** Sent with every request. They replace ours of the same name. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A source that gives a key on request, and may give another one later. `setBy` says what named the
 * source, for messages.
 */
export type KeySource =
  /** A file that holds the key. It is read again when the server refuses the key. */
  | { readonly type: 'file'; readonly path: string; readonly setBy?: string }
  /**
   * A shell command that prints the key, or JSON with a `token` and an optional `expires_at` in
   * Unix seconds.
   */
  | { readonly type: 'command'; readonly command: string; readonly setBy?: string }
  /**
   * A workload identity. Its subject token is in a file, or comes from the runner of GitHub
   * Actions. It is exchanged for an access token at `authUrl`, by default OpenAI's.
   */
  | {
      readonly type: 'identity';
      readonly providerId?: string | undefined;
      readonly serviceAccountId?: string | undefined;
      readonly tokenFile?: string | undefined;
      readonly runnerUrl?: string | undefined;
      readonly runnerToken?: string | undefined;
      readonly authUrl?: string | undefined;
    };

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

/**
 * Normalizes a base URL to the one form that sessions remember.
 * @throws UploadError `usage` for anything but http and https, for a URL with a password in it, and
 * for `http:` to a host that is not this machine, because the key would travel in the clear
 */
export function normalizeBaseUrl(text: string, { insecureHttp }: { readonly insecureHttp: boolean }): string {
  const url = parseUrl(text);
  if (url.username !== '' || url.password !== '') {
    throw new UploadError('usage', {
      message: 'the base URL holds a user name or password',
      hint: hint`Leave it out; the key goes in ${option('apiKey')}.`,
    });
  }

  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(url)) {
    const message = `the base URL ${url.origin} is not encrypted, so the API key would travel in the clear`;
    throw new UploadError('usage', {
      message,
      hint: hint`Use https, or ${option('insecureHttp', true)} if you trust the network.`,
    });
  }

  return `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, '')}${url.search}`;
}

/**
 * Returns the account in the form that sessions remember. An empty value means unset.
 * @throws as `normalizeBaseUrl`
 */
export function resolveAccount(
  { baseUrl, organization, project }: Partial<Record<keyof Account, string | undefined>>,
  insecureHttp = true,
): Account {
  return {
    baseUrl: normalizeBaseUrl(baseUrl || DEFAULT_BASE_URL, { insecureHttp }),
    organization: organization || null,
    project: project || null,
  };
}

export function isAzure(baseUrl: string): boolean {
  return new URL(baseUrl).hostname.endsWith('.openai.azure.com');
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new UploadError('usage', {
    // The value is not repeated, because it may hold a password.
    message: 'the base URL is not an http or https address',
    hint: `It should look like ${DEFAULT_BASE_URL}, which is the default.`,
  });
}

/** Whether the URL is plain http that stays on this machine, which is safe. */
export function isLocalHttp(baseUrl: string): boolean {
  const url = new URL(baseUrl);
  return url.protocol === 'http:' && isLoopback(url);
}

/** Removes the brackets that an IPv6 address has in a URL. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return (
    // Subdomains do not count: the system looks them up, and they may lead anywhere.
    host === 'localhost' ||
    host === '::1' ||
    // `URL` normalizes every spelling of an IPv4 address to this one.
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** A client certificate and its key in PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

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
      message: `a client certificate is set, but nothing is encrypted on the way to ${shownUrl(baseUrl)}`,
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
