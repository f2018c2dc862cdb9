import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import { anySignal } from '../model/signals.ts';
import type { UploadResult } from '../model/upload.ts';
import { mapInOrder } from './map-in-order.ts';
import { createReach } from './reach.ts';

/** The outcome of one of many uploads. */
export type ItemOutcome<Item = unknown> =
  | {
      readonly status: 'completed';
      readonly item: Item;
      readonly index: number;
      readonly result: UploadResult;
    }
  | {
      readonly status: 'failed';
      readonly item: Item;
      readonly index: number;
      readonly error: UploadError;
      /** True when it was not tried, because of an earlier failure that concerns all uploads. */
      readonly wasSkipped: boolean;
    };

/** The options of a single item, in addition to those that all items share. */
interface OwnOptions {
  readonly onEvent?: OnEvent;
  readonly signal?: AbortSignal;
}

export interface ManyUploads<Item> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /**
   * Items with the same key are not uploaded at the same time. Undefined when it does not matter.
   */
  readonly keyOf: (item: Item) => string | undefined;
  readonly ownOptions: (item: Item) => OwnOptions;
  readonly upload: (item: Item, own: Required<OwnOptions>) => Promise<UploadResult>;
  /** Returns the result of an item that an earlier run has done. */
  readonly resultOf?: (item: Item) => UploadResult | undefined;
  /** Resolves when another upload would help to keep the connections busy. */
  readonly whenReady: () => Promise<void>;
  /** Aborts all uploads. */
  readonly signal: AbortSignal;
  /** Called as soon as an upload ends, so in any order. */
  readonly onEnd?: ((outcome: ItemOutcome<Item>) => void) | undefined;
}

/**
 * Uploads many items, as many at a time as keep the connections busy, and yields their outcomes in
 * the order of the items. The first one runs alone until it has started, because a bad account need
 * not be tried with all of them. After a failure that concerns all items, the others are not tried.
 * @throws errors that are not UploadErrors, which are bugs. The other uploads are stopped and saved
 * first.
 */
export async function* uploadMany<Item>(work: ManyUploads<Item>): AsyncGenerator<ItemOutcome<Item>> {
  const stop = new AbortController();
  // One signal for all items without their own: 100,000 signals that follow another one are never
  // freed.
  const shared = AbortSignal.any([work.signal, stop.signal]);
  setMaxListeners(0, shared);
  const firstStarted = createGate();
  const inTurn = createTurns();
  const reach = createReach();
  let ending: UploadError | undefined;
  let hasBegun = false;

  const uploadOne = async (item: Item, index: number): Promise<ItemOutcome<Item>> => {
    // A request that begins now could still create an upload.
    if (work.signal.aborted) ending ??= new UploadError('interrupted', { message: 'stopped before the end' });
    if (ending) return { status: 'failed', item, index, error: ending, wasSkipped: true };

    const { onEvent, signal } = work.ownOptions(item);
    const own = {
      signal: signal === undefined ? shared : anySignal([signal, shared]),
      onEvent: (event: Parameters<OnEvent>[0]) => {
        // Waiting for another process may take a long time, so it opens the gate too.
        if (event.type === 'started' || event.type === 'waiting') firstStarted.open();
        reach.onEvent(event);
        onEvent?.(event);
      },
    };
    try {
      return { status: 'completed', item, index, result: await work.upload(item, own) };
    } catch (error) {
      if (!isUploadError(error)) throw error;
      if (reach.onFailure(error)) ending ??= error;
      return { status: 'failed', item, index, error, wasSkipped: false };
    }
  };

  const start = async (item: Item, index: number): Promise<ItemOutcome<Item>> => {
    try {
      const outcome = await inTurn(work.keyOf(item), () => uploadOne(item, index));
      work.onEnd?.(outcome);
      return outcome;
    } catch (error) {
      stop.abort();
      throw error;
    } finally {
      firstStarted.open();
    }
  };

  const resultOf = (item: Item, index: number): ItemOutcome<Item> | undefined => {
    if (work.signal.aborted || ending) return undefined;

    try {
      const result = work.resultOf?.(item);
      if (result === undefined) return undefined;

      const outcome = { status: 'completed', item, index, result } as const;
      work.ownOptions(item).onEvent?.({ type: 'completed', result });
      work.onEnd?.(outcome);
      return outcome;
    } catch (error) {
      stop.abort();
      throw error;
    }
  };

  yield* mapInOrder(work.items, {
    resultOf,
    start,
    isOver: () => stop.signal.aborted,
    stop: () => stop.abort(),
    async whenReady() {
      if (hasBegun) await firstStarted.opened;
      hasBegun = true;
      await work.whenReady();
    },
  });
}

/** Returns the key of a source, which is the same for every spelling of its path. */
export function pathKey(source: unknown): string | undefined {
  return typeof source === 'string' ? resolve(source) : undefined;
}

/** Runs the tasks of each key one after another. A task without a key does not wait. */
function createTurns() {
  const latest = new Map<string, Promise<unknown>>();

  return async <T>(key: string | undefined, task: () => Promise<T>): Promise<T> => {
    if (key === undefined) return await task();

    const running = (latest.get(key) ?? Promise.resolve()).then(task);
    const settled = running.catch(() => undefined);
    latest.set(key, settled);

    try {
      return await running;
    } finally {
      if (latest.get(key) === settled) latest.delete(key);
    }
  };
}

export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolveGate) => {
    open = resolveGate;
  });
  return { opened, open };
}
