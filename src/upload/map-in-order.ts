import { setImmediate } from 'node:timers/promises';

interface Work<Item, Result> {
  /** Resolves when the work on that item may begin. */
  readonly whenReady: (item: Item, index: number) => Promise<void>;
  readonly start: (item: Item, index: number) => Promise<Result>;
  /** Asked before each item: whether no more may begin. */
  readonly isOver: () => boolean;
  /** Ends soon what is running, because nobody waits for it any more. */
  readonly stop: () => void;
}

/** Results that wait for one before them, each with 2 KB: 10 MB at most. */
const MAX_WAITING = 5000;

/**
 * Starts the work on each item as soon as it is ready, and yields the results in the order of the
 * items. It takes at most one item before that item is ready. When 5,000 results wait for a slow one
 * before them, no more begin until that has come. Work that has begun always comes to its end before
 * this does.
 * @throws the first failure of the items or of the work, after the results before it
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { whenReady, start, isOver, stop }: Work<Item, Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  let wake: () => void = () => undefined;
  let makeRoom: () => void = () => undefined;
  let isLeft = false;
  let hasAll = false;

  const beginAll = async () => {
    let index = 0;
    for await (const item of items) {
      if (isLeft || isOver()) return;
      await whenReady(item, index);

      // Work that has just ended, and so made room, is yielded first.
      await setImmediate();
      if (isLeft || isOver()) return;

      const result = start(item, index);
      // A failure is thrown when its turn comes.
      result.catch(() => undefined);
      begun.push(result);
      index += 1;
      wake();
      if (begun.length >= MAX_WAITING)
        await new Promise<void>((resolve) => {
          makeRoom = resolve;
        });
    }
  };
  const beginning = beginAll().finally(() => {
    hasAll = true;
    wake();
  });
  beginning.catch(() => undefined);

  try {
    while (true) {
      const next = begun.shift();
      if (next !== undefined) {
        const result = await next;
        makeRoom();
        yield result;
      } else if (hasAll) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    await beginning;
  } finally {
    isLeft = true;
    makeRoom();
    if (!hasAll || begun.length > 0) stop();
    await Promise.allSettled([beginning, ...begun]);
  }
}
