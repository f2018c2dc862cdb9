import { normalizeBaseUrl, resolveAccount } from '../api/connection.ts';
import type { Account } from '../model/account.ts';
import { UploadError } from '../model/errors.ts';
import { MAX_PART_BYTES } from '../plan/part-size.ts';
import {
  type CheckOptions,
  type ConnectionOptions,
  type Data,
  type ListShard,
  MAX_BATCH_BYTES,
  MAX_BATCH_LINES,
  MAX_CONCURRENCY,
  MAX_RETRIES,
  MIN_LIMIT_RATE,
  type PushOptions,
  type SplitOptions,
  type TransferOptions,
} from './options.ts';

/**
 * Refuses what no run can honour. The CLI's flags end here too, so a bound is told once.
 * @throws UploadError `usage`
 */
export function checkConnectionOptions(options: ConnectionOptions): void {
  const { auth, baseUrl, insecureHttp = false, stallTimeoutMs, waitLockMs } = options;
  if (baseUrl) normalizeBaseUrl(baseUrl, { insecureHttp });
  if (auth !== undefined && auth !== 'bearer' && auth !== 'api-key') {
    throw new UploadError('usage', { message: `auth must be bearer or api-key, not ${auth}` });
  }
  assertInteger('the stall timeout (1s to 1h, in milliseconds)', stallTimeoutMs, 1000, 3_600_000);
  assertInteger('the wait for a lock (at most 1d, in milliseconds)', waitLockMs, 0, 86_400_000);
}

/** @throws UploadError `usage` */
export function checkTransferOptions(options: TransferOptions): void {
  const { concurrency, retries, limitRate } = options;
  checkConnectionOptions(options);
  assertInteger('concurrency', concurrency, 1, MAX_CONCURRENCY);
  assertInteger('retries', retries, 0, MAX_RETRIES);
  assertInteger(
    'the rate limit (at least 1KB, in bytes a second)',
    limitRate,
    MIN_LIMIT_RATE,
    Number.MAX_SAFE_INTEGER,
  );
}

/**
 * Refuses options that no push could honour, as `push` does before anything else.
 * @throws UploadError `usage`
 */
export function checkPushOptions(options: PushOptions): void {
  checkTransferOptions(options);
  assertInteger('the part size (at most 64MiB, in bytes)', options.partBytes, 1, MAX_PART_BYTES);
  // Both bounds are the API's: an hour and thirty days.
  assertInteger(
    'the lifetime of the file (1h to 30d, in seconds)',
    options.expiresAfterSeconds,
    3600,
    2_592_000,
  );
  checkNames(options);
  checkText('mimeType', options.mimeType);
}

/** @returns the name that the server is told. @throws UploadError `usage` */
export function checkData(data: Data, options: Pick<PushOptions, 'filename' | 'bytes'>): string {
  if (!(data instanceof Blob) && !(typeof data === 'object' && data !== null && Symbol.asyncIterator in data))
    throw new UploadError('usage', { message: 'push takes a path, a Blob, or an async iterable of bytes' });
  assertInteger('bytes', options.bytes, 0, Number.MAX_SAFE_INTEGER);
  const filename = options.filename ?? (data instanceof File ? data.name : '');
  checkText('filename', filename);
  return filename;
}

/** @throws UploadError `usage` */
export function checkSplitOptions(options: SplitOptions): void {
  checkPushOptions(options);
  // Another purpose has other lines, or none, and no batch that could be several.
  if (options.purpose !== 'batch') {
    const message = `only a file for batch can be split, not one for ${options.purpose}`;
    throw new UploadError('usage', { message, hint: 'Push it in one piece.' });
  }
  assertInteger('the lines of a piece', options.splitLines, 1, MAX_BATCH_LINES);
  assertInteger('the bytes of a piece (at most 200MB)', options.splitBytes, 1, MAX_BATCH_BYTES);
  checkText('manifest', options.manifest);
}

/** @throws UploadError `usage` */
export function checkNames({ purpose, filename }: CheckOptions): void {
  // From JavaScript it may be left out; that too is a matter of usage.
  checkText('purpose', purpose ?? '');
  checkText('filename', filename);
}

/** @throws UploadError `usage` */
export function checkShard({ index, count }: ListShard): void {
  assertInteger('the number of shards', count, 1, Number.MAX_SAFE_INTEGER);
  assertInteger('the shard', index, 1, count);
}

/**
 * Whose API the options are about, in the form in which sessions remember it.
 * @throws UploadError `usage` for a base URL that is none
 */
export function accountOf(
  { baseUrl, organization, project }: { readonly [K in keyof Account]?: string | null | undefined },
  insecureHttp = true,
): Account {
  const asked = {
    baseUrl: baseUrl ?? undefined,
    organization: organization ?? undefined,
    project: project ?? undefined,
  };
  return resolveAccount(asked, insecureHttp);
}

function assertInteger(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new UploadError('usage', {
    message: `${name} must be a whole number from ${least} to ${most}, not ${value}`,
  });
}

function checkText(name: string, value: string | undefined): void {
  if (value !== undefined && value.trim() === '')
    throw new UploadError('usage', { message: `${name} must not be empty` });
}
