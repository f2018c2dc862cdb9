import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readStream } from '../../../src/source/read-stream.ts';
import { errorOf, temporaryFolder } from '../../helpers/temporary.ts';

const bytes = (length: number) => new Uint8Array(length).fill(7);

function setUp(maxBytes = 100) {
  const stop = new AbortController();
  const seen: number[] = [];
  const read = async (stream: AsyncIterable<unknown>) => {
    const options = { filename: 'a.bin', maxBytes, signal: stop.signal };
    for await (const chunk of readStream(stream as AsyncIterable<Uint8Array>, options))
      seen.push(chunk.length);
    return seen;
  };
  return { stop, seen, read };
}

async function* generate(...chunks: readonly unknown[]) {
  yield* chunks;
}

describe('a stream', () => {
  it.each<[string, AsyncIterable<unknown>]>([
    ['a stream of Node', Readable.from([bytes(3), bytes(2)])],
    ['a stream of the web', new Blob([bytes(5)]).stream() as unknown as AsyncIterable<unknown>],
    ['a generator', generate(bytes(1), bytes(0), bytes(4))],
  ])('may be %s', async (_, stream) => {
    const lengths = await setUp().read(stream);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(5);
  });

  it('may hold as much as is allowed, and is given up before a byte too many is given on', async () => {
    expect(await setUp(5).read(generate(bytes(3), bytes(2)))).toEqual([3, 2]);

    const { read, seen } = setUp(5);
    const stream = Readable.from([bytes(3), bytes(3), bytes(3)]);
    expect(await errorOf(() => read(stream))).toMatchObject({
      code: 'source_too_large',
      message: expect.stringContaining('a.bin has more than 5 bytes'),
    });
    expect(seen).toEqual([3]);
    expect(stream.destroyed).toBe(true);
  });

  it.each([
    ['that ends at once', generate(), 'source_empty'],
    ['of empty chunks', generate(bytes(0)), 'source_empty'],
    ['of text', generate('text'), 'usage'],
    ['of numbers', generate(1), 'usage'],
  ])('%s is refused', async (_, stream, code) => {
    expect(await errorOf(() => setUp().read(stream))).toMatchObject({ code });
  });

  it('that fails is a source that cannot be read, with what it failed with', async () => {
    const stream = createReadStream(await temporaryFolder());
    expect(await errorOf(() => setUp().read(stream))).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringMatching(/the input for a\.bin failed: EISDIR/),
      facts: { cause: expect.objectContaining({ code: 'EISDIR' }) },
    });
  });

  it.each<[string, () => AsyncIterable<unknown>]>([
    ['a stream', () => new PassThrough()],
    [
      'a generator',
      async function* () {
        await new Promise(() => undefined);
        yield bytes(1);
      },
    ],
  ])('that never gives anything is left as soon as it is told to stop: %s', async (_, open) => {
    const { stop, read } = setUp();
    const reading = errorOf(() => read(open()));
    await setImmediate();
    stop.abort('enough');
    expect(await reading).toBe('enough');
  });

  it('is not read when it was aborted before', async () => {
    const { stop, read, seen } = setUp();
    stop.abort('before');
    expect(await errorOf(() => read(Readable.from([bytes(1)])))).toBe('before');
    expect(seen).toEqual([]);
  });
});
