import { isUploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import {
  DEFAULT_RETRIES,
  DEFAULT_STALL_TIMEOUT_MS,
  type PushOptions,
  type TransferOptions,
} from '../options/options.ts';
import type { SavedDigests, SessionRecord } from '../sessions/record.ts';
import type { LockWait } from '../sessions/sessions.ts';
import type { UploadSlot } from '../transfer/pool.ts';
import { createTimeSpent, type TimeSpent } from '../transfer/progress.ts';
import type { RetryPolicy } from '../transfer/retry.ts';
import { retry } from '../transfer/retry.ts';
import { GRACE_MS, watchForResponse, watchForStall } from '../transfer/time-limits.ts';
import type { CallOptions, Dependencies } from './dependencies.ts';

/** What all steps of an upload share, from its first request to its last. */
export interface UploadContext {
  readonly deps: Dependencies;
  readonly policy: RetryPolicy;
  /** Its place in the pool, to be released at the end. */
  readonly slot: UploadSlot;
  readonly timeSpent: TimeSpent;
  readonly stallMs: number;
  /** Whether an unfinished session of the same file may be continued. */
  readonly mayContinue: boolean;
  /** How long to wait for locks. */
  readonly lockWait: LockWait;
  /** Whether the run ends only once the server has processed the file. */
  readonly waits: boolean;
  /** On the monotonic clock, in milliseconds. */
  readonly startedAt: number;
  /** Attempts that failed and were tried again, so far. */
  readonly retries: () => number;
  /** Set when the same bytes must not be uploaded twice. */
  readonly claim?: ContentClaim;
  /** Set for an upload that replaces one which may hold a part twice. It is not replaced again. */
  readonly hasStartedOver?: true;
}

/** Keeps other processes from uploading the same bytes. */
interface ContentClaim {
  /** @throws UploadError `session_locked` when another process may upload them after all */
  assertHeld(): Promise<void>;
  /**
   * Must precede *complete*, with the digests of what was sent, because the file may have been
   * changed since it was hashed.
   * @throws UploadError `source_changed` when the new bytes are uploaded already; `session_locked`
   */
  moveTo(digests: SavedDigests): Promise<void>;
}

/**
 * The longest wait that a server may ask for before the upload exists. Afterwards, the limit is the
 * expiry of the upload.
 */
const TIME_WITHOUT_UPLOAD_MS = 10 * 60_000;

export function createContext(
  options: TransferOptions & Pick<PushOptions, 'resume'>,
  deps: Dependencies,
): UploadContext {
  const { retries = DEFAULT_RETRIES, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, waitLockMs = 0 } = options;
  const { clock, random, signal, limits } = deps;
  let retried = 0;
  const timeSpent = createTimeSpent();

  const onEvent: OnEvent = (event) => {
    if (event.type === 'retry') {
      retried += 1;
      timeSpent.onPart(event.error.code === 'network' ? 'network' : 'server', event.delayMs);
    }
    deps.onEvent(event);
  };

  const policy: RetryPolicy = {
    retries,
    budget: limits.budget,
    pause: limits.pause,
    ready: deps.ready,
    clock,
    random,
    timeLeftMs: () => TIME_WITHOUT_UPLOAD_MS,
    onEvent,
  };

  const slot = limits.pool.join();

  const onWait = (owner: string) => {
    // The wait may be long, so another upload can take this place in the pool.
    slot.release();
    onEvent({ type: 'waiting', owner });
  };

  return {
    deps,
    policy,
    slot,
    timeSpent,
    stallMs: stallTimeoutMs,
    waits: options.wait ?? false,
    mayContinue: options.resume ?? true,
    lockWait: { waitMs: waitLockMs, signal, onWait },
    startedAt: clock.monotonic(),
    retries: () => retried,
  };
}

/** Limits retries and waits to the time that the session has left, when that is known. */
export function boundBy(context: UploadContext, record: SessionRecord): UploadContext {
  if (record.isLifetimeUnknown) return context;
  return {
    ...context,
    policy: { ...context.policy, timeLeftMs: () => context.deps.serverClock.timeLeftMs(record) },
  };
}

/**
 * Makes a small request, with retries. An attempt is given up when no response comes. After a stop,
 * the request gets `GRACE_MS` more.
 */
export async function callApi<T>(
  context: UploadContext,
  call: { readonly what: string; readonly action: string },
  request: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { deps, policy, stallMs } = context;
  const { clock, signal: stop } = deps;
  const watched = { clock, stallMs, action: call.action, signal: stop, graceMs: GRACE_MS };
  const attempt = async (number: number) => {
    try {
      return await watchForResponse(watched, (signal) => request({ signal, stop, attempt: number }));
    } catch (error) {
      // A part is not counted here: its refusal may only mean that too many were sent at once.
      if (isUploadError(error) && error.code === 'rate_limited')
        deps.limits.pace.refused(error.facts.retryAfterMs);
      throw error;
    }
  };

  return await retry(policy, { what: call.what, signal: stop, attempt });
}

/**
 * Tries once to cancel an upload that is no longer needed. A failure is only reported as an event,
 * because the upload expires by itself.
 * @returns whether the server has said that the upload is over
 */
export async function cancelQuietly(
  uploadId: string,
  { deps, stallMs }: UploadContext,
  stop: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const watch = watchForStall({ clock: deps.clock, stallMs, action: 'cancelling the upload', signal: stop });
  try {
    await deps.api.cancelUpload(uploadId, { signal: watch.signal, attempt: 1 });
    return true;
  } catch (error) {
    if (!isUploadError(error)) return false;
    const isOver = ['upload_cancelled', 'upload_expired'].includes(error.code);
    if (isOver) return error.facts.isFinal === true;
    if (error.code !== 'upload_closed') deps.onEvent({ type: 'left_open', uploadId, error });
    return false;
  } finally {
    watch.end();
  }
}
