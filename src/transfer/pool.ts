import pLimit from 'p-limit';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import type { Concurrency } from './concurrency.ts';
import type { PartLength } from './part-length.ts';

/** The places for parts on their way, shared by all uploads of a caller. */
export interface Pool {
  /**
   * Resolves when there is room for one more upload: as soon as no part waits for a place, counting
   * uploads that have no part here yet. So several small files go at a time, and a large one
   * follows another without a gap.
   */
  whenReady(): Promise<void>;
  /** One more upload, until it leaves. */
  join(): UploadSlot;
}

/** One upload's use of the pool. */
export interface UploadSlot {
  /**
   * Starts a task as soon as there is a place, in the order of the calls. Its place is its own
   * until the task ends. While `hasMore`, other uploads are not let in for the places that are
   * free.
   */
  part(task: () => Promise<void>, hasMore: () => boolean): Promise<void>;
  /** How many bytes the next part should have, of those that are not cut yet. */
  nextPartBytes(restBytes: number): number;
  /**
   * One attempt at a part. It waits as long as more are on their way than there are places now, so
   * that a part that was refused is not refused again for the same reason.
   */
  attempt<T>(partBytes: number, send: () => Promise<T>): Promise<T>;
  /** Does what needs no place yet, such as asking for a file, beside that of others. */
  aside<T>(task: () => Promise<T>): Promise<T>;
  /** To be called now and then, because the number of places may change with time. */
  refresh(): void;
  /** Parts may still be started after it: they are counted when they come. */
  release(): void;
}

/** Small requests at once, each of an upload that may turn out to have nothing to send. */
const MAX_ASIDE = 16;

export function createPool(link: {
  readonly concurrency: Concurrency;
  readonly partLength: PartLength;
  readonly clock: Pick<Clock, 'monotonic'>;
}): Pool {
  const { concurrency, partLength, clock } = link;
  const places = pLimit(concurrency.limit);
  const attempts = pLimit(concurrency.limit);
  const waiting: (() => void)[] = [];
  /** Uploads that have no part here yet. */
  let coming = 0;
  /** Uploads that may not need a place. */
  let aside = 0;
  /** Uploads that have more parts than there are places for. */
  const unfinished = new Set<() => boolean>();
  let isLettingIn = false;

  const hasRoom = () =>
    aside < MAX_ASIDE &&
    coming + places.activeCount + places.pendingCount <= concurrency.limit &&
    ![...unfinished].some((hasMore) => hasMore());

  const adjust = () => {
    const { limit } = concurrency;
    if (places.concurrency !== limit) {
      places.concurrency = limit;
      attempts.concurrency = limit;
    }
    letIn();
  };

  /**
   * An upload has until the next turn of the event loop to join, and is counted before the next is
   * let in.
   */
  const letIn = () => {
    if (isLettingIn || waiting.length === 0 || !hasRoom()) return;
    isLettingIn = true;
    waiting.shift()?.();
    setImmediate(() => {
      isLettingIn = false;
      letIn();
    });
  };

  const learn = (error: unknown) => {
    if (!isUploadError(error)) return;
    if (error.facts.isOverload) concurrency.refused(attempts.activeCount - 1);
    if (!isCutOff(error)) return;
    concurrency.failed(error.code === 'stalled' ? 'stalled' : 'cut');
    partLength.cutOff();
  };

  const attempt: UploadSlot['attempt'] = (partBytes, send) =>
    attempts(async () => {
      const since = clock.monotonic();
      try {
        const result = await send();
        const part = { bytes: partBytes, ms: clock.monotonic() - since, others: attempts.activeCount - 1 };
        partLength.acknowledged(part);
        concurrency.acknowledged(part);
        return result;
      } catch (error) {
        learn(error);
        throw error;
      } finally {
        adjust();
      }
    });

  return {
    whenReady: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        letIn();
      }),
    join() {
      let isComing = true;
      let isReleased = false;
      let hasMoreParts: (() => boolean) | undefined;
      coming += 1;
      const arrive = () => {
        if (isComing) coming -= 1;
        isComing = false;
      };

      return {
        part(task, hasMore) {
          arrive();
          hasMoreParts ??= hasMore;
          unfinished.add(hasMoreParts);
          return places(task).finally(() => queueMicrotask(adjust));
        },
        nextPartBytes(restBytes) {
          const { limit: connections, isSettled } = concurrency;
          return partLength.next({ restBytes, connections, isSettled });
        },
        attempt,
        async aside(task) {
          if (!isComing) return await task();
          arrive();
          aside += 1;
          letIn();

          try {
            return await task();
          } finally {
            aside -= 1;
            isComing = !isReleased;
            if (isComing) coming += 1;
            letIn();
          }
        },
        refresh: adjust,
        release() {
          isReleased = true;
          arrive();
          if (hasMoreParts) unfinished.delete(hasMoreParts);
          adjust();
        },
      };
    },
  };
}

/** Whether a part failed with its connection, and not because the server said so. */
export function isCutOff(error: unknown): boolean {
  return isUploadError(error) && (error.code === 'network' || error.code === 'stalled');
}
