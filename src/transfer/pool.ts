import pLimit from 'p-limit';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import { type Concurrency, isCutOff } from './concurrency.ts';
import type { PartLength } from './part-length.ts';

/** The places for parts in flight, shared by all uploads of a caller. */
export interface Pool {
  /**
   * Resolves when there is room for one more upload, which is when no part waits for a place. An
   * upload without parts yet counts as a part. Several small files therefore go at the same time,
   * and a large file follows another without a gap.
   */
  whenReady(): Promise<void>;
  /** Adds an upload, until it is released. */
  join(): UploadSlot;
}

/** One upload's use of the pool. */
export interface UploadSlot {
  /**
   * Starts a task as soon as a place is free, in call order. The task keeps its place until it
   * ends. While the upload has bytes that are in no part yet, free places are not given to new
   * uploads.
   */
  part(task: () => Promise<void>, restBytes: () => number): Promise<void>;
  /** Returns how many bytes the next part should have, at least `minBytes`. */
  nextPartBytes(minBytes: number): number;
  /**
   * Runs one attempt at a part. It waits while more attempts are in flight than allowed now, to
   * keep a refused part from being refused again for the same reason.
   */
  attempt<T>(partBytes: number, send: () => Promise<T>): Promise<T>;
  /** Runs what needs no place yet, such as looking up a file, alongside other uploads. */
  aside<T>(task: () => Promise<T>): Promise<T>;
  /**
   * Reports that this many more bytes were handed to the network. Call it regularly, also with 0,
   * because the number of places may change with time.
   */
  moved(bytes: number): void;
  /** Leaves the pool. Parts may still be started afterwards, and are counted when they come. */
  release(): void;
}

/** How many small requests may run at once, each for an upload that may have nothing to send. */
const MAX_ASIDE = 16;

export function createPool(link: {
  readonly concurrency: Concurrency;
  readonly partLength: PartLength;
  readonly clock: Pick<Clock, 'monotonic'>;
}): Pool {
  const { concurrency, partLength, clock } = link;
  const places = pLimit(concurrency.limit);
  const attempts = pLimit(concurrency.limit);
  const onTheirWay = new Set<{ readonly bytes: number; readonly since: number }>();
  const waiting: (() => void)[] = [];
  /** Uploads that have no part here yet. */
  let coming = 0;
  /** Uploads that may not need a place. */
  let aside = 0;
  /** For each upload, its bytes that are in no part yet. */
  const unfinished = new Set<() => number>();
  let isLettingIn = false;

  const hasRoom = () =>
    aside < MAX_ASIDE &&
    coming + places.activeCount + places.pendingCount <= concurrency.limit &&
    ![...unfinished].some((restBytes) => restBytes() > 0);

  /** All bytes left to send. Infinite while uploads of unknown size are waiting. */
  const restBytes = () => {
    let bytes = waiting.length > 0 ? Number.POSITIVE_INFINITY : 0;
    for (const ofUpload of unfinished) bytes += ofUpload();
    return bytes;
  };

  const adjust = () => {
    const { limit } = concurrency;
    if (places.concurrency !== limit) {
      places.concurrency = limit;
      attempts.concurrency = limit;
    }
    letIn();
  };

  /** An upload has until the next turn of the event loop to join. Only then is another let in. */
  const letIn = () => {
    if (isLettingIn || waiting.length === 0 || !hasRoom()) return;
    isLettingIn = true;
    waiting.shift()?.();
    setImmediate(() => {
      isLettingIn = false;
      letIn();
    });
  };

  /** Estimates how many bytes the parts in flight still have to send. */
  const onTheWayBytes = () => {
    const bytesPerMs = partLength.bytesPerSecond() / 1000;
    let bytes = 0;
    for (const part of onTheirWay)
      bytes += Math.max(0, part.bytes - bytesPerMs * (clock.monotonic() - part.since));
    return bytes;
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
      const begun = { bytes: partBytes, since: clock.monotonic() };
      onTheirWay.add(begun);
      try {
        const result = await send();
        const ms = clock.monotonic() - begun.since;
        const others = attempts.activeCount - 1;
        const part = { bytes: partBytes, ms, others, restBytes: restBytes() };
        partLength.acknowledged(part);
        concurrency.acknowledged(part);
        return result;
      } catch (error) {
        learn(error);
        throw error;
      } finally {
        onTheirWay.delete(begun);
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
      let rest: (() => number) | undefined;
      coming += 1;
      const arrive = () => {
        if (isComing) coming -= 1;
        isComing = false;
      };

      return {
        part(task, ofUpload) {
          arrive();
          rest ??= ofUpload;
          unfinished.add(rest);
          return places(task).finally(() => queueMicrotask(adjust));
        },
        nextPartBytes(minBytes) {
          const { limit: connections, isSettled } = concurrency;
          const left = { restBytes: restBytes(), onTheWayBytes: onTheWayBytes() };
          return partLength.next({ ...left, minBytes, connections, isSettled });
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
        moved(bytes) {
          if (bytes > 0) concurrency.moved(bytes, restBytes());
          adjust();
        },
        release() {
          isReleased = true;
          arrive();
          if (rest) unfinished.delete(rest);
          adjust();
        },
      };
    },
  };
}
