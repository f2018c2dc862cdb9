import { setImmediate } from 'node:timers/promises';

/**
 * Like `AbortSignal.any`, but safe when the caller keeps no reference to its signals: Node 20 may
 * collect a timeout signal before it fires, unless it has a listener.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  for (const signal of signals) signal.addEventListener('abort', keep, { once: true });
  return AbortSignal.any([...signals]);
}

/** The same function for all signals, so each has it at most once. */
function keep(): void {}

/** Waits for a promise that cannot be aborted itself. @throws the signal's reason */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** So many items are worked on before a signal can be heard. */
const IN_A_ROW = 100;

/**
 * Yields the items in batches, between which a signal can be heard. With very many items, waiting
 * for each of them would take longer than most work on it.
 * @throws the signal's reason
 */
export async function* inBatches<T>(
  items: Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < IN_A_ROW) continue;
    await setImmediate();
    signal?.throwIfAborted();
    yield batch;
    batch = [];
  }

  await setImmediate();
  signal?.throwIfAborted();
  yield batch;
}

/**
 * Yields the items, and now and then lets a signal be heard. Nothing else does while the work only
 * reads files.
 * @throws the signal's reason
 */
export async function* heedSignal<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    if (count % IN_A_ROW === 0) await setImmediate();
    signal?.throwIfAborted();
    yield item;
    count += 1;
  }
}
