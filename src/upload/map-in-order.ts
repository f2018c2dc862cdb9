import { setImmediate } from 'node:timers/promises';

interface Work<Item, Result> {
  /** Resolves when the work on that item may begin. */
  readonly whenReady: (item: Item) => Promise<void>;
  readonly start: (item: Item) => Promise<Result>;
  /** Asked before each item: whether none more is to be begun. */
  readonly isOver: () => boolean;
  /** Has what is going on come to its end soon, because nobody waits for it any more. */
  readonly stop: () => void;
}

/**
 * Begins the work on each item as soon as there is room for it, and gives what comes of it in the order of the items. One item at
 * most is taken before there is room for it.
 * @throws what the items end with, after all results
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { whenReady, start, isOver, stop }: Work<Item, Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  let wake: () => void = () => undefined;
  let isLeft = false;
  let hasAll = false;
  const beginAll = async () => {
    for await (const item of items) {
      if (isLeft || isOver()) return;
      await whenReady(item);
      // What has ended just now, and so has made room, is told first.
      await setImmediate();
      if (isLeft || isOver()) return;
      const result = start(item);
      // It is told when its turn comes.
      result.catch(() => undefined);
      begun.push(result);
      wake();
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
      if (next !== undefined) yield await next;
      else if (hasAll) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    await beginning;
  } finally {
    isLeft = true;
    if (!hasAll || begun.length > 0) stop();
    await Promise.allSettled([beginning, ...begun]);
  }
}
