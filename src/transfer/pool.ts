import pLimit from 'p-limit';
import type { Clock } from '../model/clock.ts';
import { isUploadError } from '../model/errors.ts';
import { type Concurrency, isCutOff } from './concurrency.ts';
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
   * until the task ends. While the upload has bytes that are in no part yet, other uploads are not
   * let in for the places that are free.
   */
  part(task: () => Promise<void>, restBytes: () => number): Promise<void>;
  /** How many bytes the next part should have, and not fewer than `minBytes`. */
  nextPartBytes(minBytes: number): number;
  /**
   * One attempt at a part. It waits as long as more are on their way than there are places now, so
   * that a part that was refused is not refused again for the same reason.
   */
  attempt<T>(partBytes: number, send: () => Promise<T>): Promise<T>;
  /** Does what needs no place yet, such as asking for a file, beside that of others. */
  aside<T>(task: () => Promise<T>): Promise<T>;
  /**
   * So many bytes more were handed to the network. To be called now and then with none, too,
   * because the number of places may change with time.
   */
  moved(bytes: number): void;
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
  const onTheirWay = new Set<{ readonly bytes: number; readonly since: number }>();
  const waiting: (() => void)[] = [];
  /** Uploads that have no part here yet. */
  let coming = 0;
  /** Uploads that may not need a place. */
  let aside = 0;
  /** The bytes of each upload that are in no part yet. */
  const unfinished = new Set<() => number>();
  let isLettingIn = false;

  const hasRoom = () =>
    aside < MAX_ASIDE &&
    coming + places.activeCount + places.pendingCount <= concurrency.limit &&
    ![...unfinished].some((restBytes) => restBytes() > 0);

  /** Of all that is to be sent; infinite as long as uploads wait that may have any number. */
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

  /** What parts on their way have probably still to send. */
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
