import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { anySignal, heedSignal } from '../../../src/model/signals.ts';

it('keeps a timeout of which nobody else knows', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const signal = anySignal([new AbortController().signal, AbortSignal.timeout(50)]);

  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  collect();

  await aborted;
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

it('lets a signal be heard among items that never wait', async () => {
  const stop = new AbortController();
  const taken: number[] = [];
  // Only a turn of the event loop can abort it.
  setImmediate(() => stop.abort(new Error('enough')));

  const work = async () => {
    for await (const item of heedSignal(
      Array.from({ length: 10_000 }, (_, n) => n),
      stop.signal,
    ))
      taken.push(item);
  };
  await expect(work()).rejects.toThrow('enough');
  expect(taken.length).toBeLessThan(1000);
});

it('yields all items without a signal', async () => {
  const taken: number[] = [];
  for await (const item of heedSignal([1, 2, 3], undefined)) taken.push(item);
  expect(taken).toEqual([1, 2, 3]);
});
