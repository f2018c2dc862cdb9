import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { UploadError } from '../../../src/model/errors.ts';
import type { UploadContext } from '../../../src/upload/context.ts';
import { sendPart, type Work } from '../../../src/upload/send-part.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { recordOf } from '../../helpers/record.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

it('takes no refusal of another part, for which it is given up, for its own', async () => {
  const path = join(await temporaryFolder(), 'a.bin');
  await writeFile(path, 'bytes');
  const file = await open(path);
  onTestFinished(() => file.close());
  const stop = new AbortController();
  const refusal = new UploadError('request_refused', { message: 'no' }, { httpStatus: 400 });

  const addPart = async ({ bytes }: { readonly bytes: AsyncIterable<Uint8Array> }) => {
    for await (const _ of bytes) stop.abort(refusal);
    throw stop.signal.reason;
  };
  let isLost = false;
  const losePart = () => {
    isLost = true;
  };
  const work = { file, session: { record: recordOf(), mayHoldMore: false, losePart } };
  const context = {
    deps: {
      api: { addPart },
      clock: createFakeClock(),
      serverClock: { timeLeftMs: () => 1000 },
      chunkBuffers: { take: () => [Buffer.alloc(5), Buffer.alloc(5)], giveBack: () => undefined },
      limits: {},
    },
    policy: { retries: 0 },
    timeSpent: { onPart: () => undefined },
  };
  const options = { signal: stop.signal, stop: stop.signal, attempt: 1, onSent: () => undefined };

  const range = { index: 0, offset: 0, length: 5 };
  const sending = () =>
    sendPart(work as unknown as Work, range, options, context as unknown as UploadContext);
  expect(await errorOf(sending)).toBe(refusal);
  expect(isLost).toBe(true);
});
