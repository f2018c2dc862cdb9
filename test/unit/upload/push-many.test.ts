import { describe, expect, it } from 'vitest';
import { UploadError, type UploadEvent, type UploadResult } from '../../../src/index.ts';
import { type ItemOutcome, type ManyUploads, uploadMany } from '../../../src/upload/push-many.ts';

const started = { type: 'started' } as unknown as UploadEvent;
const result = (uploadId: string) => ({ uploadId }) as UploadResult;
const refused = (code: 'usage' | 'network') => new UploadError(code, { message: code });

function workOn(
  items: ManyUploads<string>['items'],
  upload: ManyUploads<string>['upload'],
  others: Partial<ManyUploads<string>> = {},
) {
  return uploadMany({
    items,
    upload,
    keyOf: (item) => item,
    ownOptions: () => ({}),
    whenReady: async () => undefined,
    signal: new AbortController().signal,
    ...others,
  });
}

async function all(outcomes: AsyncGenerator<ItemOutcome<string>>): Promise<string[]> {
  const seen: string[] = [];
  for await (const outcome of outcomes)
    seen.push(`${outcome.index} ${outcome.status === 'completed' ? 'completed' : outcome.error.code}`);
  return seen;
}

describe('many uploads', () => {
  it('yield their outcomes in the order of the items, whatever ends first', async () => {
    const ended: string[] = [];
    const endSecond = gate();
    const work = workOn(
      ['a', 'b', 'c'],
      async (item, { onEvent }) => {
        onEvent(started);
        if (item === 'b') await endSecond.opened;
        if (item === 'c') endSecond.open();
        return result(item);
      },
      { onEnd: ({ item }) => void ended.push(item) },
    );

    expect(await all(work)).toEqual(['0 completed', '1 completed', '2 completed']);
    expect(ended).toEqual(['a', 'c', 'b']);
  });

  it('begin no more while 5,000 wait for a slow one before them', async () => {
    const slow = gate();
    const begun: string[] = [];
    const items = Array.from({ length: 6000 }, (_, number) => `${number}`);
    const work = workOn(items, async (item, { onEvent }) => {
      onEvent(started);
      begun.push(item);
      if (item === '0') await slow.opened;
      return result(item);
    });

    const seen = all(work);
    for (let turn = 0; turn < 12_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toHaveLength(5001);

    slow.open();
    expect(await seen).toHaveLength(6000);
  });

  it('begin no second one before the first has started', async () => {
    const seen: string[] = [];
    const first = gate();
    const work = workOn(['a', 'b'], async (item, { onEvent }) => {
      seen.push(`${item} begins`);
      if (item === 'a') {
        await first.opened;
        seen.push('a starts');
      }
      onEvent(started);
      return result(item);
    });
    const outcomes = all(work);
    first.open();

    await outcomes;
    expect(seen).toEqual(['a begins', 'a starts', 'b begins']);
  });

  it('are not tried after a failure that concerns all, and still have an outcome each', async () => {
    const tried: string[] = [];
    const work = workOn(['a', 'b', 'c'], async (item) => {
      tried.push(item);
      throw refused('usage');
    });

    const outcomes = [];
    for await (const outcome of work) outcomes.push(outcome);
    expect(tried).toEqual(['a']);
    expect(outcomes.map((each) => each.status === 'failed' && each.wasSkipped)).toEqual([false, true, true]);
  });

  it('go on after a failure of one', async () => {
    const work = workOn(['a', 'b'], async (item) => {
      if (item === 'a') throw refused('network');
      return result(item);
    });
    expect(await all(work)).toEqual(['0 network', '1 completed']);
  });

  it('with the same key go one after another', async () => {
    let running = 0;
    const work = workOn(['a', 'a', 'a'], async (item, { onEvent }) => {
      running += 1;
      expect(running).toBe(1);
      onEvent(started);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return result(item);
    });
    expect(await all(work)).toHaveLength(3);
  });

  it('stop when one has a bug: the others end first, and no more begin', async () => {
    const seen: string[] = [];
    const firstEnded = gate();
    let places = 2;
    const work = workOn(
      ['a', 'b', 'c', 'd'],
      async (item, { signal, onEvent }) => {
        seen.push(`${item} begins`);
        onEvent(started);
        if (item === 'b') throw new TypeError('a bug');
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        seen.push(`${item} ends`);
        firstEnded.open();
        throw new UploadError('interrupted', { message: 'stopped' });
      },
      {
        async whenReady() {
          places -= 1;
          if (places < 0) await firstEnded.opened;
        },
      },
    );

    await expect(all(work)).rejects.toThrow('a bug');
    expect(seen).toEqual(['a begins', 'b begins', 'a ends']);
  });

  it('stop when there is a bug in what comes of one that an earlier run has done', async () => {
    const work = workOn(
      ['a', 'b'],
      async (_, { signal, onEvent }) => {
        onEvent(started);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        throw new UploadError('interrupted', { message: 'stopped' });
      },
      {
        resultOf: (item) => {
          if (item === 'b') throw new TypeError('a bug');
          return undefined;
        },
      },
    );

    await expect(all(work)).rejects.toThrow('a bug');
  });

  it('that an earlier run has done keep their turn, and need no place', async () => {
    const seen: string[] = [];
    const work = workOn(
      ['a', 'b', 'c', 'd'],
      async (item, { onEvent }) => {
        onEvent(started);
        return result(item);
      },
      {
        resultOf: (item) => (item === 'b' ? undefined : result(item)),
        ownOptions: (item) => ({ onEvent: ({ type }) => void seen.push(`${item} ${type}`) }),
        onEnd: ({ item }) => void seen.push(`${item} ends`),
        whenReady: async () => void seen.push('a place'),
      },
    );

    expect(await all(work)).toEqual(['0 completed', '1 completed', '2 completed', '3 completed']);
    expect(seen.slice(0, 3)).toEqual(['a completed', 'a ends', 'a place']);
    expect(seen.filter((each) => each === 'a place')).toHaveLength(1);
  });

  it('that an earlier run has done let a signal be heard', async () => {
    const stop = new AbortController();
    const items = Array.from({ length: 1000 }, (_, number) => `${number}`);
    const never = async () => {
      throw new Error('uploaded after all');
    };
    setImmediate(() => setImmediate(() => stop.abort()));
    const seen = await all(workOn(items, never, { resultOf: result, signal: stop.signal }));

    expect(seen.slice(-1)).toEqual(['999 interrupted']);
    expect(seen.filter((each) => each.endsWith('completed')).length).toBeLessThan(300);
  });

  it('stop when nobody asks for more, and take no more items', async () => {
    const taken: number[] = [];
    const items = (async function* () {
      for (let n = 0; ; n += 1) {
        taken.push(n);
        yield String(n);
      }
    })();
    const work = workOn(
      items,
      async (item, { signal, onEvent }) => {
        onEvent(started);
        if (item === '0') return result(item);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
        });
        throw new UploadError('interrupted', { message: 'stopped' });
      },
      { whenReady: () => new Promise((resolve) => setImmediate(resolve)) },
    );

    await work.next();
    await work.return(undefined);
    const before = taken.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toHaveLength(before);
  });
});

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
