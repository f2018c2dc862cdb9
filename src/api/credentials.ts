import type { Clock } from '../model/clock.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { type Hint, hint, option } from '../model/hint.ts';
import { untilAborted } from '../model/signals.ts';
import type { KeySource } from './connection.ts';
import {
  type IdentitySource,
  type IssuedKey,
  keyFault,
  nameOf,
  originOf,
  readSmallFile,
  type Source,
} from './key.ts';

/** The key of a run. It is renewed before it expires, and when the server refuses it. */
export interface Credentials {
  /** Where the key comes from, for messages. Never the key. */
  readonly origin: Hint;
  /**
   * Returns the key to send now. All callers share one renewal.
   * @throws UploadError when the source gives no key; the signal's reason
   */
  key(signal: AbortSignal): Promise<string>;
  /** Notes that the server has accepted a key. */
  accepted(key: string): void;
  /**
   * Notes that the server has refused a key.
   * @returns whether another attempt may send a different key
   */
  refused(key: string, refusal: UploadError): boolean;
  /** Stops a renewal that is in progress. */
  close(): void;
}

/** What a source needs to give a key. */
export interface SourceTools {
  /** Called with every secret, which is then redacted from whatever is shown. */
  readonly onSecret: (secret: string) => void;
  readonly redact: (text: string) => string;
  /** Exchanges a workload identity for an access token. */
  readonly exchange: (source: IdentitySource, signal: AbortSignal) => Promise<IssuedKey>;
}

/** Longest time that a source may take. The AWS tools also give a command one minute. */
const MAX_SOURCE_MS = 60_000;

/**
 * A key is renewed 20 minutes before it expires, or at half its lifetime when that is shorter than
 * 40 minutes. The official SDKs do the same.
 */
const RENEW_BEFORE_MS = 20 * 60_000;

/** How soon to retry a failed renewal while the old key is still valid. */
const RENEW_AGAIN_MS = 30_000;

interface HeldKey {
  readonly key: string;
  /** On the monotonic clock. */
  readonly endsAt: number;
  renewAt: number;
  /** This key replaces one that the server refused, and has not been accepted yet. */
  isOnTrial: boolean;
  refusal?: UploadError;
}

export function createCredentials(
  source: Source,
  { clock, maxSourceMs = MAX_SOURCE_MS, ...tools }: SourceTools & { clock: Clock; maxSourceMs?: number },
): Credentials {
  const closing = new AbortController();
  let held: HeldKey | undefined;
  let renewal: Promise<HeldKey> | undefined;

  const obtain = async (): Promise<HeldKey> => {
    const refusal = held?.refusal;
    const { key, lifetimeMs } = await readInTime(refusal !== undefined);
    if (refusal && key === held?.key)
      throw refusal.with({ message: `${refusal.message}; asked again, ${nameOf(source)} gave the same key` });

    const now = clock.monotonic();
    const lastsMs = lifetimeMs ?? Number.POSITIVE_INFINITY;
    const endsAt = now + lastsMs;
    const renewAt =
      endsAt === Number.POSITIVE_INFINITY ? endsAt : endsAt - Math.min(RENEW_BEFORE_MS, lastsMs / 2);
    held = { key, endsAt, renewAt, isOnTrial: refusal !== undefined };

    return held;
  };

  const readInTime = async (isRefused: boolean): Promise<IssuedKey> => {
    const limit = AbortSignal.timeout(maxSourceMs);
    const signal = AbortSignal.any([closing.signal, limit]);
    try {
      return await untilAborted(readSource(source, { ...tools, signal, isRefused, now: clock.now }), signal);
    } catch (error) {
      if (error !== limit.reason) throw error;
      const message = `${nameOf(source)} gave no key within ${Math.round(maxSourceMs / 1000)} s`;
      throw new UploadError('authentication', { message, hint: 'Run it by hand to see what it waits for.' });
    }
  };

  const renew = (): Promise<HeldKey> => {
    renewal ??= obtain().finally(() => {
      renewal = undefined;
    });
    return renewal;
  };

  return {
    origin: originOf(source),
    async key(signal) {
      const now = clock.monotonic();
      if (held === undefined || held.refusal || now >= held.endsAt)
        return (await untilAborted(renew(), signal)).key;

      if (now >= held.renewAt) {
        // The old key is used meanwhile, and also when the renewal fails.
        held.renewAt = now + RENEW_AGAIN_MS;
        renew().catch(() => undefined);
      }

      return held.key;
    },
    accepted(key) {
      if (held?.key === key) held.isOnTrial = false;
    },
    refused(key, refusal) {
      if (held === undefined) return false;
      // Another request met the refusal first, and the new key may be good.
      if (held.key !== key) return true;
      if (source.type === 'key' || held.isOnTrial) return false;
      held.refusal = refusal;
      return true;
    },
    close: () => closing.abort(new Error('closed')),
  };
}

interface Reading extends SourceTools {
  readonly signal: AbortSignal;
  /** The wall clock, in milliseconds. */
  readonly now: () => number;
  /** Whether the server has refused the previous key. */
  readonly isRefused: boolean;
}

/** @throws UploadError `api_key_missing`, `usage`, `authentication`, and errors of the exchange */
async function readSource(source: Source, reading: Reading): Promise<IssuedKey> {
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
