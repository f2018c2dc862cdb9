import { isUploadError, UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { KeySource } from './connection.ts';
import { type IdentitySource, type IssuedKey, keyFault, nameOf, readSmallFile, type Source } from './key.ts';

/** What a source needs to give a key. */
export interface SourceTools {
  /** Called with every secret, which is then redacted from whatever is shown. */
  readonly onSecret: (secret: string) => void;
  readonly redact: (text: string) => string;
  /** Exchanges a workload identity for an access token. */
  readonly exchange: (source: IdentitySource, signal: AbortSignal) => Promise<IssuedKey>;
}

interface Reading extends SourceTools {
  readonly signal: AbortSignal;
  /** The wall clock, in milliseconds. */
  readonly now: () => number;
  /** Whether the server has refused the previous key. */
  readonly isRefused: boolean;
}

/** @throws UploadError `api_key_missing`, `usage`, `authentication`, and errors of the exchange */
export async function readSource(source: Source, reading: Reading): Promise<IssuedKey> {
  const issued = await issue(source, reading);
  reading.onSecret(issued.key);
  const fault = keyFault(issued.key);
  if (fault === undefined) return issued;

  const text = { message: `the API key from ${nameOf(source)} ${fault.what}`, hint: fault.hint };
  throw new UploadError(source.type === 'file' ? 'usage' : 'authentication', text);
}

async function issue(source: Source, reading: Reading): Promise<IssuedKey> {
  switch (source.type) {
    case 'key':
      return { key: source.key };
    case 'function':
      return { key: await call(source.get) };
    case 'file':
      return { key: readKeyFile(source, reading.isRefused) };
    case 'command':
      return await (await import('./key-command.ts')).runKeyCommand(source, reading);
    case 'identity':
      return await reading.exchange(source, reading.signal);
  }
}

async function call(get: () => Promise<string>): Promise<string> {
  try {
    const key: unknown = await get();
    if (typeof key !== 'string') throw new Error(`its function gave ${key === null ? 'null' : typeof key}`);
    return key;
  } catch (cause) {
    if (isUploadError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = { message: `there is no API key: ${why}`, hint: hint`Check ${option('apiKey')}.` };
    throw new UploadError('authentication', text, { cause });
  }
}

function readKeyFile(source: Extract<KeySource, { type: 'file' }>, isRefused: boolean): string {
  try {
    return readSmallFile(source.path).trim();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = {
      message: `${nameOf(source)} cannot be read: ${why}`,
      hint: 'Check the path and its permissions.',
    };
    throw new UploadError(isRefused ? 'authentication' : 'api_key_missing', text, { cause });
  }
}
