import { setImmediate } from 'node:timers/promises';

interface Work<Item, Result> {
  /** Returns the result of an item that needs no work. */
  readonly resultOf?: (item: Item, index: number) => Result | undefined;
  /** Resolves when the work on that item may begin. */
  readonly whenReady: (item: Item, index: number) => Promise<void>;
  readonly start: (item: Item, index: number) => Promise<Result>;
  /** Asked before each item. Returns whether no more work may begin. */
  readonly isOver: () => boolean;
  /** Stops the running work soon, because its results are no longer needed. */
  readonly stop: () => void;
}

/** How many results may wait for an earlier one. With 2 KB each, they take at most 10 MB. */
const MAX_WAITING = 5000;
/** How many items without work are taken before a signal can be heard. */
const IN_A_ROW = 100;

/**
 * Starts the work on each item as soon as it is ready, and yields the results in the order of the
 * items. At most one item is taken before it is ready. When 5,000 results wait for a slow one
 * before them, no more work begins until that one has come. Work that has begun always ends before
 * this does.
 * @throws the first failure of the items or of the work, after the results before it
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { resultOf, whenReady, start, isOver, stop }: Work<Item, Result>,
): AsyncGenerator<Result> {
  const begun: (Result | Promise<Result>)[] = [];
  let wake: () => void = () => undefined;
  let makeRoom: () => void = () => undefined;
  let isLeft = false;
  let hasAll = false;

  const begin = async (item: Item, index: number) => {
    await whenReady(item, index);

    // Lets the result of work that has just ended, and so made room, be yielded first.
    await setImmediate();
    if (isLeft || isOver()) return undefined;

    const result = start(item, index);
    // A failure is thrown when its turn comes.
    result.catch(() => undefined);
    return { result };
  };

  const beginAll = async () => {
    let index = 0;
    for await (const item of items) {
      if (isLeft || isOver()) return;
      // A promise would cost more than the item.
      const result = resultOf?.(item, index);
      if (result !== undefined && index % IN_A_ROW === 0) await setImmediate();
      const next = result === undefined ? await begin(item, index) : { result };
      if (next === undefined) return;
      begun.push(next.result);
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
