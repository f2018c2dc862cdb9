import { setImmediate } from 'node:timers/promises';

/**
 * Begins the work on each item as soon as there is room for it, and gives what comes of it in the order of the items,
 * whatever ends first. It ends with the first failure, or when nobody asks for more: then no further work is begun, and
 * what has begun comes to its end first.
 */
export async function* mapInOrder<Item, Result>(
  items: readonly Item[],
  {
    whenReady,
    work,
  }: {
    whenReady: (index: number) => Promise<void>;
    work: (item: Item, index: number) => Promise<Result>;
  },
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  let isOver = false;
  const begin = async () => {
    for (const [index, item] of items.entries()) {
      await whenReady(index);
      // What has ended just now, and so has made room, is told first.
      await setImmediate();
      if (isOver) return;
      const result = work(item, index);
      // It is told when its turn comes.
      result.catch(() => undefined);
      begun.push(result);
      wake();
    }
  };
  let wake: () => void = () => undefined;
  void begin();
  try {
    for (let index = 0; index < items.length; index += 1) {
      while (begun.length <= index) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      yield await (begun[index] as Promise<Result>);
    }
  } finally {
    isOver = true;
    await Promise.allSettled(begun);
  }
}
