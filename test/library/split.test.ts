import { appendFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Piece,
  type PieceOutcome,
  planSplit,
  pushSplit,
  resume,
  type SplitOptions,
  type UploadEvent,
} from '../../src/index.ts';
import { batchLine, batchLines } from '../helpers/jsonl.ts';
import { contentOf, writeText } from '../helpers/split-file.ts';
import { errorOf } from '../helpers/temporary.ts';
import { setUp as setUpLibrary } from './library.ts';

async function setUp(lines: readonly string[]) {
  const stage = await setUpLibrary();
  const path = join(stage.folder, 'big.jsonl');
  await writeText(path, lines);
  const splitOptions: SplitOptions = { ...stage.options, purpose: 'batch', splitLines: 2 };
  return { ...stage, path, splitOptions };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

const numbers = (outcomes: readonly PieceOutcome[]) =>
  outcomes.map(({ piece, status }) => [piece.number, status]);

describe('pushSplit', () => {
  it('tries few of many pieces where the server cannot be reached', async () => {
    const { server, path, splitOptions } = await setUp(batchLines(120));
    server.addFaults({ call: 'create', nth: 'every', kind: 'reset', when: 'start' });

    const outcomes = await all(pushSplit(path, { ...splitOptions, concurrency: 1, retries: 0 }));

    expect(outcomes.every((each) => each.status === 'failed' && each.error.code === 'network')).toBe(true);
    // The three that show it, and those that were on their way with them.
    expect(outcomes.length).toBeLessThan(10);
  });

  it('gives what comes of each piece in order, and tells the pieces before the first', async () => {
    const lines = batchLines(5);
    const { server, path, splitOptions, events } = await setUp(lines);
    const told: [number, string][] = [];
    const onPieceEvent = (event: UploadEvent, { number }: Piece) => void told.push([number, event.type]);

    const outcomes = await all(pushSplit(path, { ...splitOptions, onPieceEvent }));

    expect(numbers(outcomes)).toEqual([
      [1, 'completed'],
      [2, 'completed'],
      [3, 'completed'],
    ]);
    const ids = outcomes.map((outcome) => (outcome.status === 'completed' ? outcome.result.fileId : ''));
    expect(await Promise.all(ids.map((id) => contentOf(server, id)))).toEqual([
      `${lines[0]}\n${lines[1]}\n`,
      `${lines[2]}\n${lines[3]}\n`,
      `${lines[4]}\n`,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['phase', 'request', 'split']);
    expect(events[2]).toMatchObject({ pieces: outcomes.map(({ piece }) => piece) });
    for (const number of [1, 2, 3])
      expect(told.filter(([of]) => of === number).map(([, type]) => type)).toEqual(
        expect.arrayContaining(['started', 'progress', 'completed']),
      );
  });

  it('tells a failure at once, and throws what is wrong with the file', async () => {
    const { server, path, splitOptions } = await setUp(batchLines(6));
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 });
    const ended: PieceOutcome[] = [];
    const options = {
      ...splitOptions,
      concurrency: 1,
      onPieceEnd: (end: PieceOutcome) => void ended.push(end),
    };

    const outcomes = await all(pushSplit(path, options));

    expect(numbers(outcomes)).toEqual([
      [1, 'completed'],
      [2, 'failed'],
      [3, 'completed'],
    ]);
    expect(new Set(ended)).toEqual(new Set(outcomes));
    await writeFile(path, '{}\n');
    expect(await errorOf(() => all(pushSplit(path, splitOptions)))).toMatchObject({ code: 'check_failed' });
    const wrong = { ...splitOptions, purpose: 'vision' } as unknown as SplitOptions;
    expect(await errorOf(() => all(pushSplit(path, wrong)))).toMatchObject({ code: 'usage' });
  });

  it('stops what is on its way when nobody listens any more, and keeps its sessions', async () => {
    const { server, path, splitOptions, sessions } = await setUp(batchLines(8));
    server.addFaults({ call: 'part', nth: 2, kind: 'hang', when: 'answer' });

    for await (const { piece } of pushSplit(path, { ...splitOptions, concurrency: 1 })) {
      expect(piece.number).toBe(1);
      await server.waitFor((requests) => requests.filter(({ call }) => call === 'part').length === 2);
      break;
    }

    const statuses = (await sessions.list()).sessions.map(({ record }) => [record.filename, record.status]);
    expect(statuses).toContainEqual(['big.00001.jsonl', 'completed']);
    expect(statuses).toContainEqual(['big.00002.jsonl', 'pending']);
    expect(server.files()).toHaveLength(1);
  });

  it('begins no more once its signal is aborted', async () => {
    const { server, path, splitOptions, stop } = await setUp(batchLines(8));
    server.addFaults({ call: 'part', nth: 2, kind: 'hang', when: 'answer' });
    const onPieceEnd = () =>
      void server
        .waitFor((requests) => requests.filter(({ call }) => call === 'part').length === 2)
        .then(() => stop.abort());

    const outcomes = await all(pushSplit(path, { ...splitOptions, concurrency: 1, onPieceEnd }));

    expect(outcomes.slice(0, 2).map(({ status }) => status)).toEqual(['completed', 'failed']);
    expect(outcomes.length).toBeLessThan(4);
    expect(outcomes[1]).toMatchObject({ error: { code: 'interrupted' } });
  });

  it('fails when it is aborted while no piece is on its way, so that nobody takes the rest for done', async () => {
    const { server, folder, path, splitOptions, stop } = await setUp(batchLines(4));
    const options = { ...splitOptions, manifest: join(folder, 'manifest.jsonl'), concurrency: 1 };
    server.addFaults({ call: 'part', nth: 2, kind: 'status', status: 400 });
    await all(pushSplit(path, options));
    const requests = server.requests('part').length;
    const onPieceEvent = ({ type }: UploadEvent) => {
      // Of the piece that was done before.
      if (type === 'completed') stop.abort();
    };

    const pushing = all(pushSplit(path, { ...options, onPieceEvent }));

    expect(await errorOf(() => pushing)).toMatchObject({ code: 'interrupted', facts: { path } });
    expect(server.requests('part')).toHaveLength(requests);
  });

  it('starts an expired piece over as the same lines', async () => {
    const { server, path, splitOptions, options } = await setUp(batchLines(2));
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    const [failed] = await all(pushSplit(path, splitOptions));
    const uploadId = failed?.status === 'failed' ? (failed.error.uploadId ?? '') : '';
    server.expireUpload(uploadId);
    await appendFile(path, 'something else\n');

    // Only now the server says so, and it is saved.
    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({ code: 'upload_expired' });
    const { fileId } = await resume(uploadId, { ...options, restart: true });

    expect(await contentOf(server, fileId)).toBe(`${batchLines(2).join('\n')}\n`);
  });
});

describe('planSplit', () => {
  it('tells the pieces without a key or a request, and which uploads would go on', async () => {
    const { server, path, splitOptions } = await setUp(batchLines(3));
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    await all(pushSplit(path, { ...splitOptions, concurrency: 1 }));
    const requests = server.requests().length;

    const { apiKey: _, ...options } = splitOptions;
    const { pieces, ...plan } = await planSplit(path, options);

    expect(plan).toMatchObject({ path, lines: 3 });
    expect(
      pieces.map(({ piece, bytes, continues, fileId }) => [
        piece.lines,
        bytes === piece.bytes,
        continues,
        fileId,
      ]),
    ).toEqual([
      [2, true, server.uploads()[0]?.id, null],
      [1, true, null, null],
    ]);
    expect(server.requests()).toHaveLength(requests);
  });
});

describe('the spools of pieces', () => {
  it('hold each line whole, also those that are longer than what is read at once', async () => {
    const lines = Array.from({ length: 12 }, (_, index) =>
      batchLine(index + 1, {
        body: { model: index % 3 === 0 ? 'o3' : 'gpt-5' },
        pad: 'x'.repeat(index % 2 === 0 ? 300_000 : 70_000),
      }),
    );
    const { server, path, splitOptions } = await setUp([]);
    // The last line has no end.
    await writeFile(path, lines.join('\r\n'));

    const outcomes = await all(pushSplit(path, { ...splitOptions, splitLines: 3 }));

    const contents = await Promise.all(
      outcomes.map((outcome) =>
        contentOf(server, outcome.status === 'completed' ? outcome.result.fileId : ''),
      ),
    );
    const of = (...numbers: readonly number[]) =>
      numbers.map((number) => `${lines[number - 1]}${number === 12 ? '' : '\r\n'}`).join('');
    expect(contents).toEqual([of(2, 3, 5), of(1, 4, 7), of(6, 8, 9), of(10), of(11, 12)]);
  });

  const spoolsIn = async (stateDir: string) =>
    (await readdir(join(stateDir, 'spool'))).filter((name) => !name.includes('.'));

  it('are as few as pieces are open and on their way, and gone at the end', async () => {
    const { server, path, splitOptions } = await setUp(batchLines(40));
    const counts: number[] = [];
    const onPieceEvent = async ({ type }: UploadEvent) => {
      if (type === 'started') counts.push((await spoolsIn(splitOptions.stateDir ?? '')).length);
    };

    await all(pushSplit(path, { ...splitOptions, concurrency: 2, onPieceEvent }));

    expect(server.files()).toHaveLength(20);
    expect(counts).toHaveLength(20);
    // One is open, three are on their way, and one waits for its turn.
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    expect(await readdir(join(splitOptions.stateDir ?? '', 'spool'))).toEqual([]);
  });

  it('of an unfinished piece is the one that a rerun goes on with', async () => {
    const { server, path, splitOptions } = await setUp(batchLines(3));
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    await all(pushSplit(path, { ...splitOptions, concurrency: 1 }));
    const left = await spoolsIn(splitOptions.stateDir ?? '');
    expect(left).toHaveLength(1);
    const seen: (readonly string[])[] = [];
    const onPieceEvent = async ({ type }: UploadEvent, { number }: Piece) => {
      if (type === 'started' && number === 1) seen.push(await spoolsIn(splitOptions.stateDir ?? ''));
    };

    const outcomes = await all(pushSplit(path, { ...splitOptions, concurrency: 1, onPieceEvent }));

    expect(numbers(outcomes)).toEqual([
      [1, 'completed'],
      [2, 'completed'],
    ]);
    expect(server.uploads()).toHaveLength(3);
    expect(seen[0]).toEqual(expect.arrayContaining(left));
    expect(await spoolsIn(splitOptions.stateDir ?? '')).toEqual([]);
  });

  it.each(['the server says so', 'the clock says so'])(
    'of a piece whose upload has expired go once the piece has its file: %s',
    async (how) => {
      const { server, path, splitOptions, sessions } = await setUp(batchLines(2));
      server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
      await all(pushSplit(path, splitOptions));
      const [saved] = (await sessions.list()).sessions;
      if (saved === undefined) throw new Error('nothing was saved');
      const { record } = saved;
      if (how === 'the server says so') server.expireUpload(record.uploadId);
      const [createdAt, expiresAt] = [record.createdAt - 7200, record.expiresAt - 7200];
      if (how === 'the clock says so')
        await writeFile(saved.path, JSON.stringify({ ...record, createdAt, expiresAt }));

      const outcomes = await all(pushSplit(path, splitOptions));

      expect(numbers(outcomes)).toEqual([[1, 'completed']]);
      expect(server.uploads()).toHaveLength(2);
      expect(await readdir(join(splitOptions.stateDir ?? '', 'spool'))).toEqual([]);
    },
  );

  it('that are lost are written again, for a new upload', async () => {
    const { server, path, splitOptions, options } = await setUp(batchLines(2));
    server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    const [failed] = await all(pushSplit(path, splitOptions));
    const uploadId = failed?.status === 'failed' ? (failed.error.uploadId ?? '') : '';
    await rm(join(options.stateDir, 'spool'), { recursive: true });

    expect(await errorOf(() => resume(uploadId, options))).toMatchObject({
      code: 'source_not_found',
      hint: 'Push it again with `pushSplit`.',
      facts: { path },
    });
    const passedOver: UploadEvent[] = [];
    const onPieceEvent = (event: UploadEvent) => {
      if (event.type === 'passed_over') passedOver.push(event);
    };
    const outcomes = await all(pushSplit(path, { ...splitOptions, onPieceEvent }));

    expect(numbers(outcomes)).toEqual([[1, 'completed']]);
    expect(passedOver).toMatchObject([{ uploadId }]);
    expect(server.files()).toHaveLength(1);
  });

  it('are deleted when nobody listens any more, but for those of sessions', async () => {
    const { server, path, splitOptions, sessions } = await setUp(batchLines(12));
    server.addFaults({ call: 'part', nth: 2, kind: 'hang', when: 'answer' });

    for await (const _ of pushSplit(path, { ...splitOptions, concurrency: 1 })) {
      await server.waitFor((requests) => requests.filter(({ call }) => call === 'part').length === 2);
      break;
    }

    const pending = (await sessions.list()).sessions.filter(({ record }) => record.status === 'pending');
    expect((await spoolsIn(splitOptions.stateDir ?? '')).sort()).toEqual(
      pending.map(({ record }) => record.spool).sort(),
    );
  });
});

describe('a piece that an older version has begun', () => {
  async function begun({ isSent = false } = {}) {
    const stage = await setUp(batchLines(2));
    if (!isSent) stage.server.addFaults({ call: 'part', nth: 1, kind: 'status', status: 400 });
    await all(pushSplit(stage.path, stage.splitOptions));
    const [saved] = (await stage.sessions.list()).sessions;
    if (saved === undefined) throw new Error('nothing was saved');
    const { cutFrom, ...record } = saved.record;
    const { size, mtimeNs, ctimeNs, ino } = await stat(stage.path, { bigint: true });
    const source = {
      path: stage.path,
      bytes: Number(size),
      modifiedNs: `${mtimeNs}`,
      changedNs: `${ctimeNs}`,
      inode: `${ino}`,
    };
    const slices = { bytes: Number(size), checksum: cutFrom?.checksum, places: 'AAA=' };
    const state = isSent ? { status: 'completing', file: null } : {};
    const old = { ...record, schemaVersion: 4, spool: null, source, slices, ...state };
    await writeFile(saved.path, JSON.stringify(old));
    return { ...stage, uploadId: record.uploadId };
  }

  it('is not resumed: the failure says to push again, which cuts it anew', async () => {
    const { server, path, splitOptions, options, uploadId } = await begun();
    const about = {
      code: 'source_changed',
      message: 'big.00001.jsonl was begun by a version that kept no copy of its lines, so it cannot continue',
      hint: `Push ${path} again with \`pushSplit\`.`,
    };

    expect(await errorOf(() => resume(uploadId, options))).toMatchObject(about);
    server.expireUpload(uploadId);
    expect(await errorOf(() => resume(uploadId, { ...options, restart: true }))).toMatchObject(about);
    expect(numbers(await all(pushSplit(path, splitOptions)))).toEqual([[1, 'completed']]);
    expect(server.uploads()).toHaveLength(2);
    expect(server.files()).toHaveLength(1);
  });

  it('is taken as done when its complete has made a file', async () => {
    // The answer to complete was lost, and nobody has saved what came of it.
    const { server, path, splitOptions } = await begun({ isSent: true });

    expect(numbers(await all(pushSplit(path, splitOptions)))).toEqual([[1, 'completed']]);
    expect(server.requests('create')).toHaveLength(1);
    expect(server.files()).toHaveLength(1);
  });
});
