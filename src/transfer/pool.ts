import pLimit from 'p-limit';
import { isUploadError } from '../model/errors.ts';
import type { Concurrency } from './concurrency.ts';

/** The places for parts on their way, shared by all uploads of a caller. */
export interface Pool {
  /**
   * Resolves when one more upload would keep the places busy: as soon as no part waits for one, uploads counted whose
   * parts are still to come. Then small files go several at a time, and a large one follows another without a gap.
   */
  whenReady(): Promise<void>;
  /** One more upload, until it leaves. */
  join(): UploadSlot;
}

/** One upload's use of the pool. */
export interface UploadSlot {
  /** Starts a part as soon as there is a place, in the order of the calls. Its place is its own until the task ends. */
  part<T>(task: () => Promise<T>): Promise<T>;
  /**
   * One attempt at a part. It waits as long as more are on their way than there are places now, so that a part that was
   * refused is not refused again for the same reason. `onMoved` takes the bytes handed to the network in this attempt.
   */
  attempt<T>(partBytes: number, send: (onMoved: (bytes: number) => void) => Promise<T>): Promise<T>;
  /** Parts may still be started after it: they are counted when they come. */
  release(): void;
}

export function createPool(concurrency: Concurrency): Pool {
  const places = pLimit(concurrency.limit);
  const attempts = pLimit(concurrency.limit);
  const waiting: (() => void)[] = [];
  /** Uploads that have no part here yet. */
  let coming = 0;
  let isLettingIn = false;
  const hasRoom = () => coming + places.activeCount + places.pendingCount <= concurrency.limit;
  const adjust = () => {
    if (places.concurrency !== concurrency.limit) {
      places.concurrency = concurrency.limit;
      attempts.concurrency = concurrency.limit;
    }
    letIn();
  };
  /** Who is let in has until the next turn of the event loop to enter, and be counted before another is let in. */
  const letIn = () => {
    if (isLettingIn || waiting.length === 0 || !hasRoom()) return;
    isLettingIn = true;
    waiting.shift()?.();
    setImmediate(() => {
      isLettingIn = false;
      letIn();
    });
  };
  const tell = (error: unknown) => {
    if (!isUploadError(error)) return;
    if (error.facts.isOverload) concurrency.refused(attempts.activeCount - 1);
    else if (error.code === 'stalled') concurrency.stalled();
  };
  const attempt: UploadSlot['attempt'] = (partBytes, send) =>
    attempts(async () => {
      let moved = 0;
      const onMoved = (bytes: number) => {
        concurrency.moved(bytes - moved, partBytes);
        moved = bytes;
        adjust();
      };
      try {
        const result = await send(onMoved);
        concurrency.acknowledged(partBytes, attempts.activeCount - 1);
        return result;
      } catch (error) {
        tell(error);
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
      coming += 1;
      const arrive = () => {
        if (isComing) coming -= 1;
        isComing = false;
      };
      return {
        part(task) {
          arrive();
          return places(task).finally(() => queueMicrotask(adjust));
        },
        attempt,
        release() {
          arrive();
          adjust();
        },
      };
    },
  };
}
