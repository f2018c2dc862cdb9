import pLimit from 'p-limit';
import { isUploadError } from '../model/errors.ts';
import type { Concurrency } from './concurrency.ts';

/** The places for parts on their way, shared by all that is sent in a run. */
export interface Pool {
  /** Starts a part as soon as there is a place, in the order of the calls. Its place is its own until the task ends. */
  part<T>(task: () => Promise<T>): Promise<T>;
  /**
   * One attempt at a part. It waits as long as more are on their way than there are places now, so that a part that was
   * refused is not refused again for the same reason. `onMoved` takes the bytes handed to the network in this attempt.
   */
  attempt<T>(send: (onMoved: (bytes: number) => void) => Promise<T>): Promise<T>;
}

export function createPool(concurrency: Concurrency): Pool {
  const places = pLimit(concurrency.limit);
  const attempts = pLimit(concurrency.limit);
  const adjust = () => {
    if (places.concurrency === concurrency.limit) return;
    places.concurrency = concurrency.limit;
    attempts.concurrency = concurrency.limit;
  };
  const tell = (error: unknown) => {
    if (!isUploadError(error)) return;
    if (error.facts.isOverload) concurrency.refused(attempts.activeCount - 1);
    else if (error.code === 'stalled') concurrency.stalled();
  };
  return {
    part: (task) => places(task),
    attempt: (send) =>
      attempts(async () => {
        let moved = 0;
        const onMoved = (bytes: number) => {
          concurrency.moved(bytes - moved);
          moved = bytes;
          adjust();
        };
        try {
          const result = await send(onMoved);
          concurrency.acknowledged(moved);
          return result;
        } catch (error) {
          tell(error);
          throw error;
        } finally {
          adjust();
        }
      }),
  };
}
