import { normalizeBaseUrl, resolveAccount } from '../api/connection.ts';
import type { Account } from '../model/account.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { checkHeaders } from './check-headers.ts';
import { isData } from './data.ts';
import type {
  CheckOptions,
  ConnectionOptions,
  Data,
  DiagnoseOptions,
  ListShard,
  PushOptions,
  SplitOptions,
  TransferOptions,
} from './options.ts';

/** The smallest and the largest value of a number. Without `max` there is no upper bound. */
export interface Bounds {
  readonly min: number;
  readonly max?: number;
}

/**
 * The bounds of every numeric option, in its unit. The API sets the lifetime of a file (an hour to
 * thirty days) and the bounds of a part (64 MiB, which the official Python SDK also sends) and of a
 * batch. For a batch it does not say whether it means MB or MiB, so the smaller one holds. The
 * other bounds are ours.
 */
export const BOUNDS = {
  stallTimeoutMs: { min: 1000, max: 3_600_000 },
  /** At least a day, because a sweep runs at most once a day. At most ten years. */
  keepMs: { min: 86_400_000, max: 3650 * 86_400_000 },
  waitLockMs: { min: 0, max: 86_400_000 },
  concurrency: { min: 1, max: 64 },
  limitRate: { min: 1000 },
  retries: { min: 0, max: 100 },
  expiresAfterSeconds: { min: 3600, max: 2_592_000 },
  partBytes: { min: 1, max: 67_108_864 },
  minPartBytes: { min: 1, max: 64_000_000 },
  bytes: { min: 0 },
  splitLines: { min: 1, max: 50_000 },
  splitBytes: { min: 1, max: 200_000_000 },
  uploadBytes: { min: 1_000_000, max: 1_000_000_000 },
} as const satisfies Readonly<Record<string, Bounds>>;

/**
 * Refuses options that no run could honour. The CLI checks its flags here too, so each bound is
 * stated once.
 * @throws UploadError `usage`
 */
export function checkConnectionOptions(options: ConnectionOptions): void {
  const { auth, baseUrl, insecureHttp = false, stallTimeoutMs, waitLockMs } = options;
  if (baseUrl) normalizeBaseUrl(baseUrl, { insecureHttp });
  if (auth !== undefined && auth !== 'bearer' && auth !== 'api-key') {
    throw new UploadError('usage', { message: `auth must be bearer or api-key, not ${auth}` });
  }
  checkHeaders(options);
  assertBounded({ stallTimeoutMs, waitLockMs });
}

/** @throws UploadError `usage` */
export function checkTransferOptions(options: TransferOptions): void {
  const { concurrency, retries, limitRate, maxRequests } = options;
  checkConnectionOptions(options);
  assertBounded({ concurrency, retries, limitRate });
  if (maxRequests !== undefined) requestsPerSecond(maxRequests);
}

/** Parses `maxRequests`: a whole number from 1, and `/s` or `/min`. @throws UploadError `usage` */
export function requestsPerSecond(rate: string): number {
  const [, count, unit] = /^(\d{1,9})\/(s|min)$/.exec(rate) ?? [];
  if (Number(count) >= 1) return Number(count) / (unit === 's' ? 1 : 60);
  const message = `maxRequests must be a rate such as 10/s or 600/min, not ${rate}`;
  throw new UploadError('usage', { message });
}

/**
 * Refuses options that no push could honour. `push` does this before anything else.
 * @throws UploadError `usage`
 */
export function checkPushOptions(options: PushOptions): void {
  checkTransferOptions(options);
  const { partBytes, minPartBytes, expiresAfterSeconds } = options;
  assertBounded({ partBytes, minPartBytes, expiresAfterSeconds });
  checkNames(options);
  checkText('mimeType', options.mimeType);
}

/** @throws UploadError `usage` */
export function checkDiagnoseOptions(options: DiagnoseOptions): void {
  checkTransferOptions(options);
  assertBounded({ uploadBytes: options.uploadBytes });
}

/** @returns the filename on the server. @throws UploadError `usage` */
export function checkData(data: Data, options: Pick<PushOptions, 'filename' | 'bytes'>): string {
  if (!isData(data)) {
    const message = 'push takes a path, a Buffer, a Blob, a stream, or an async iterable of bytes';
    throw new UploadError('usage', { message });
  }
  if ('locked' in data && data.locked === true) {
    const message = 'source must be a stream that nothing else reads, and this one is locked';
    throw new UploadError('usage', { message, hint: 'Release its reader, or pass the stream before.' });
  }
  assertBounded({ bytes: options.bytes });
  const filename = options.filename ?? (data instanceof File ? data.name : '');
  checkText('filename', filename);
  return filename;
}

/** @throws UploadError `usage` */
export function checkSplitOptions(options: SplitOptions): void {
  checkPushOptions(options);
  // Files for other purposes have other lines or none, and cannot become several files.
  if (options.purpose !== 'batch') {
    const message = `only a file for batch can be split, not one for ${options.purpose}`;
    throw new UploadError('usage', { message, hint: 'Push it without splitting it.' });
  }
  assertBounded({ splitLines: options.splitLines, splitBytes: options.splitBytes });
  checkText('manifest', options.manifest);
}

/** @throws UploadError `usage` */
export function checkNames({ purpose, filename }: CheckOptions): void {
  // Callers in JavaScript may leave out `purpose`, which is a usage error too.
  checkText('purpose', purpose ?? '');
  checkText('filename', filename);
}

/** @throws UploadError `usage` */
export function checkShard({ index, count }: ListShard): void {
  assertInteger('the number of shards', count, { min: 1 });
  assertInteger('the shard', index, { min: 1, max: count });
}

/**
 * Resolves the account that the options name, in the form that sessions keep.
 * @throws UploadError `usage` for an invalid base URL
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

/**
 * Like `accountOf`, but accepts an invalid base URL: nothing is sent to it, and no session matches
 * it.
 */
export function accountAsSet(server: Parameters<typeof accountOf>[0]): Account {
  try {
    return accountOf(server);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { ...accountOf({ ...server, baseUrl: '' }), baseUrl: server.baseUrl ?? '' };
  }
}

/** Checks options against `BOUNDS`, by their names. */
function assertBounded(options: { readonly [K in keyof typeof BOUNDS]?: number | undefined }): void {
  for (const [name, value] of Object.entries(options))
    assertInteger(name, value, BOUNDS[name as keyof typeof BOUNDS]);
}

function assertInteger(name: string, value: number | undefined, { min, max }: Bounds): void {
  const limit = max ?? Number.MAX_SAFE_INTEGER;
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= limit)) return;
  const message = `${name} must be a whole number from ${min} to ${limit}, not ${value}`;
  throw new UploadError('usage', { message });
}

function checkText(name: string, value: string | undefined): void {
  if (value !== undefined && value.trim() === '')
    throw new UploadError('usage', { message: `${name} must not be empty` });
}
