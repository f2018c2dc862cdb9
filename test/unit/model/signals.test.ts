import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { anySignal } from '../../../src/model/signals.ts';

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
