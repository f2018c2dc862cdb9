import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { cancel, type Data, listSessions, openUploader, push, resume } from '../../src/index.ts';
import { MAX_FILE_BYTES } from '../../src/preflight/check-file.ts';
import { createDependencies } from '../../src/upload/dependencies.ts';
import { spoolStream } from '../../src/upload/stream-input.ts';
import { errorOf } from '../helpers/temporary.ts';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';
import { setUp as setUpLibrary } from './library.ts';

async function setUp(options: UploadsServerOptions = {}) {
  const stage = await setUpLibrary(options);
  const { path, pushOptions } = stage;
  const folder = join(stage.options.stateDir, 'spool');
  return {
    ...stage,
    bytes: await readFile(path),
    streamOptions: { ...pushOptions, filename: 'b.bin', concurrency: 1 },
    spools: () => readdir(folder).catch(() => []),
  };
}

const refusedPart = { kind: 'status', status: 400, call: 'part', nth: 2 } as const;

describe('a push of data', () => {
  it.each<[string, (bytes: Buffer) => Data]>([
    ['a Buffer', (bytes) => bytes],
    ['a stream of Node', (bytes) => Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])],
    ['a stream of the web', (bytes) => new Blob([new Uint8Array(bytes)]).stream()],
    [
      'a generator',
      async function* (bytes) {
        for (const byte of bytes) yield Uint8Array.of(byte);
      },
    ],
  ])('uploads what %s gives, and keeps nothing', async (_, open) => {
    const { server, md5, bytes, streamOptions, spools } = await setUp();
    const result = await push(open(bytes), streamOptions);
    expect(result).toMatchObject({ filename: 'b.bin', path: '-', bytes: 2500, parts: 3, md5 });
    expect(server.fileMd5(result.fileId)).toBe(md5);
    expect(await spools()).toEqual([]);
  });

  it('tells how much it has read before there is an upload', async () => {
    const { bytes, streamOptions, events } = await setUp();
    await push(Readable.from([bytes.subarray(0, 2000), bytes.subarray(2000)]), streamOptions);
    const steps = events.filter(({ type }) => !['progress', 'request', 'phase'].includes(type));
    expect(steps).toMatchObject([
      { type: 'spooling', filename: 'b.bin', bytes: 0 },
      { type: 'spooling', bytes: 2000 },
      { type: 'spooling', bytes: 2500 },
      { type: 'started', path: '-' },
      { type: 'completed' },
    ]);
  });

  it('is always a new upload, also of the same bytes', async () => {
    const { server, bytes, streamOptions } = await setUp({ faults: [refusedPart] });
    await errorOf(() => push(Readable.from([bytes]), streamOptions));
    await push(Readable.from([bytes]), streamOptions);
    expect(server.uploads()).toHaveLength(2);
  });

  it('that failed half-way is resumed without the stream', async () => {
    const { server, md5, bytes, streamOptions, options, spools } = await setUp({ faults: [refusedPart] });
    const error = await errorOf(() => push(Readable.from([bytes]), streamOptions));
    expect(error).toMatchObject({ code: 'request_refused', facts: { path: '-' } });
    const { uploadId = '' } = error as { uploadId?: string };
    expect((await listSessions(options)).sessions).toMatchObject([
      { uploadId, path: '-', spool: join(options.stateDir, 'spool', (await spools())[0] ?? '') },
    ]);

    const result = await resume(uploadId, options);

    expect(result).toMatchObject({ path: '-', partsResumed: 1, md5 });
    expect(server.fileMd5(result.fileId)).toBe(md5);
    expect(await spools()).toEqual([]);
  });

  it('whose bytes are gone says so to a resume', async () => {
    const { bytes, streamOptions, options, spools } = await setUp({ faults: [refusedPart] });
    const { uploadId } = (await errorOf(() => push(Readable.from([bytes]), streamOptions))) as {
      uploadId: string;
    };
    for (const name of await spools()) await rm(join(options.stateDir, 'spool', name));
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({
      code: 'source_not_found',
      message: expect.stringContaining('the data of the stream is gone'),
      hint: expect.stringContaining('Push it again'),
      facts: { path: '-', uploadId },
    });
  });

  it('gives its bytes up with a cancel', async () => {
    const { bytes, streamOptions, options, spools } = await setUp({ faults: [refusedPart] });
    const { uploadId } = (await errorOf(() => push(Readable.from([bytes]), streamOptions))) as {
      uploadId: string;
    };
    expect(await spools()).toHaveLength(1);
    await cancel(uploadId, options);
    expect(await spools()).toEqual([]);
  });

  it('gives them up also when the upload had expired by itself', async () => {
    const { bytes, streamOptions, options, spools, sessions } = await setUp({ faults: [refusedPart] });
    const { uploadId } = (await errorOf(() => push(Readable.from([bytes]), streamOptions))) as {
      uploadId: string;
    };
    const file = join(options.stateDir, `${uploadId}.json`);
    await writeFile(file, JSON.stringify({ ...(await sessions.read(uploadId))?.record, status: 'expired' }));
    expect(await cancel(uploadId, options)).toMatchObject({ status: 'expired', wasOpen: false });
    expect(await spools()).toEqual([]);
  });

  it('never deletes a file that was pushed as one, wherever it is', async () => {
    const { path, pushOptions, options, bytes } = await setUp();
    await push(path, pushOptions);
    const uploader = await openUploader(options);
    await uploader.push(path, { ...pushOptions, resume: false });
    await uploader.close();
    expect(await readFile(path)).toEqual(bytes);
  });

  it('works several at a time', async () => {
    const { server, bytes, md5, options, streamOptions, spools } = await setUp();
    const uploader = await openUploader(options);
    const results = await Promise.all(
      ['1', '2', '3'].map((filename) =>
        uploader.push(Readable.from([bytes]), { ...streamOptions, filename }),
      ),
    );
    await uploader.close();
    expect(results.map(({ filename }) => filename)).toEqual(['1', '2', '3']);
    expect(results.map(({ fileId }) => server.fileMd5(fileId))).toEqual([md5, md5, md5]);
    expect(await spools()).toEqual([]);
  });

  it('stops while it reads, makes no request and keeps nothing', async () => {
    const { server, bytes, streamOptions, stop, spools } = await setUp();
    const stream = new PassThrough();
    stream.write(bytes);
    const onEvent = (event: { type: string; bytes?: number }) => {
      if (event.type === 'spooling' && event.bytes) stop.abort();
    };
    expect(await errorOf(() => push(stream, { ...streamOptions, onEvent }))).toMatchObject({
      code: 'interrupted',
      uploadId: undefined,
    });
    expect(server.requests()).toEqual([]);
    expect(await spools()).toEqual([]);
    expect(stream.destroyed).toBe(true);
  });

  it('keeps nothing of a stream that fails', async () => {
    const { server, bytes, streamOptions, spools } = await setUp();
    const failing = async function* () {
      yield bytes;
      throw new Error('the pipe burst');
    };
    expect(await errorOf(() => push(failing(), streamOptions))).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('the pipe burst'),
      facts: { path: '-' },
    });
    expect(server.requests()).toEqual([]);
    expect(await spools()).toEqual([]);
  });

  it('writes no more than an upload may hold', async () => {
    const { options, spools } = await setUp();
    const deps = createDependencies(options);
    const spool = await deps.sessions.spools.create();
    const chunks = Readable.from([Buffer.alloc(600), Buffer.alloc(600), Buffer.alloc(600)]);
    const error = await errorOf(() =>
      spoolStream(chunks, spool, { filename: 'b.bin', maxBytes: 1000, deps }),
    );
    expect(error).toMatchObject({ code: 'source_too_large' });
    expect((await readFile(spool.path)).length).toBe(600);
    await spool.release();
    await deps.close();
    expect(await spools()).toEqual([]);
  });

  it('is a Blob, whose size is known and whose name is that of a File', async () => {
    const { server, md5, bytes, pushOptions } = await setUp();
    const part = new Uint8Array(bytes);
    const named = await push(new File([part], 'c.bin'), pushOptions);
    expect(named).toMatchObject({ filename: 'c.bin', path: '-', bytes: 2500, md5 });
    const other = await push(new Blob([part]), { ...pushOptions, filename: 'd.bin' });
    expect(server.files().map(({ filename }) => filename)).toEqual(['c.bin', 'd.bin']);
    expect(server.fileMd5(other.fileId)).toBe(md5);
    expect(await errorOf(() => push(new Blob([]), { ...pushOptions, filename: 'e' }))).toMatchObject({
      code: 'source_empty',
    });
  });

  it.each([
    ['fewer bytes', 2501, 'ended after 2500 bytes, though 2501 bytes were announced'],
    ['more bytes', 2499, 'goes on, though 2499 bytes were announced'],
  ])('that gives %s than announced makes no upload', async (_, announced, says) => {
    const { server, bytes, streamOptions, spools } = await setUp();
    const stream = Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]);
    expect(await errorOf(() => push(stream, { ...streamOptions, bytes: announced }))).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining(says),
    });
    expect(server.requests()).toEqual([]);
    expect(await spools()).toEqual([]);
  });

  it('that would be too large is refused before a byte is read', async () => {
    const { bytes, streamOptions } = await setUp();
    const stream = Readable.from([bytes]);
    expect(await errorOf(() => push(stream, { ...streamOptions, bytes: MAX_FILE_BYTES + 1 }))).toMatchObject({
      code: 'source_too_large',
    });
    expect(stream.readableDidRead).toBe(false);
  });

  it('is no stream that something else reads', async () => {
    const { streamOptions, server } = await setUp();
    const stream = new Blob(['data']).stream();
    const reader = stream.getReader();
    const failed = await errorOf(() => push(stream, streamOptions));
    expect(failed).toMatchObject({ code: 'usage', message: expect.stringMatching(/^source must be/) });
    expect(server.requests()).toEqual([]);

    reader.releaseLock();
    expect(await push(stream, streamOptions)).toMatchObject({ bytes: 4 });
  });

  it.each([[undefined], [null], [5], [{ getReader: 1 }]])('is not %s', async (data) => {
    const { streamOptions } = await setUp();
    expect(await errorOf(() => push(data as never, streamOptions))).toMatchObject({ code: 'usage' });
  });

  it.each([
    ['no name', {}],
    ['an empty one', { filename: ' ' }],
  ])('is refused with %s before a byte is read', async (_, name) => {
    const { pushOptions, bytes } = await setUp();
    const stream = Readable.from([bytes]);
    const options = { ...pushOptions, ...name } as Parameters<typeof push>[1];
    expect(await errorOf(() => push(stream, options))).toMatchObject({ code: 'usage' });
    expect(stream.readableDidRead).toBe(false);
  });

  it('cannot be saved: says where', async () => {
    const { bytes, streamOptions, options } = await setUp();
    await writeFile(options.stateDir, 'a file in the way');
    expect(await errorOf(() => push(Readable.from([bytes]), streamOptions))).toMatchObject({
      code: 'session_unwritable',
      message: expect.stringContaining(join(options.stateDir, 'spool')),
    });
  });
});
