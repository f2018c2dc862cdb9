import { expect, it } from 'vitest';
import { createSharedLimits } from '../../../src/transfer/shared-limits.ts';
import { createContext } from '../../../src/upload/context.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import { waitIfAsked } from '../../../src/upload/wait-for-file.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

it.each([
  ['batch', 'uploaded'],
  ['user_data', 'running'],
])('waits half an hour for a file of %s that stays at %s, and no longer', async (purpose, status) => {
  const clock = createFakeClock();
  const file = { id: 'file-1', status };
  const deps = {
    clock,
    random: () => 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    ready: async () => undefined,
    limits: createSharedLimits(clock, { retries: 0 }),
    api: { getFile: async () => file },
  } as unknown as Dependencies;
  const context = createContext({ wait: true }, deps);

  await expect(clock.runUntilSettled(waitIfAsked(file, purpose, context))).rejects.toMatchObject({
    code: 'server_error',
    message: expect.stringContaining(`file-1, but after 30 minutes its status is still ${status}`),
  });
  expect(Math.round(clock.monotonic() / 60_000)).toBe(30);
});
