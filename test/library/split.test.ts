import { appendFile, readdir, writeFile } from 'node:fs/promises';
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
import { createLocalDependencies } from '../../src/local/local-dependencies.ts';
import { planPieces } from '../../src/split/plan-pieces.ts';
import { resplit } from '../../src/split/resplit.ts';
import type { CutPiece } from '../../src/split/splitter.ts';
import { batchLines } from '../helpers/jsonl.ts';
import { contentOf, mixedLines, writeText } from '../helpers/split-file.ts';
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
    expect(events.map(({ type }) => type)).toEqual(['phase', 'split']);
    expect(events[1]).toMatchObject({ pieces: outcomes.map(({ piece }) => piece) });
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

describe('a file whose slices are too many to be kept', () => {
  async function plan(lines: readonly string[]) {
    const stage = await setUp(lines);
    const local = createLocalDependencies({ stateDir: stage.options.stateDir });
    const signal = new AbortController().signal;
    const deps = { ...local, sessions: local.records, signal, onEvent: () => undefined };
    const planned = await planPieces(stage.path, { ...stage.splitOptions, splitLines: 300 }, deps);
    const unplaced = { ...planned, pieces: planned.pieces.map((piece) => ({ ...piece, places: null })) };
    return { ...stage, planned, again: () => resplit(unplaced, deps) };
  }

  it('is read once more, and gives the same pieces one by one', async () => {
    const { planned, again } = await plan(mixedLines(5000, ['gpt-5', 'o3', 'gpt-4.1']));
    const pieces: CutPiece[] = await all(again());
    expect(pieces).toEqual(planned.pieces);
    expect(pieces.length).toBeGreaterThan(15);
  });

  it('must not have changed meanwhile', async () => {
    const { path, again } = await plan(mixedLines(5000, ['gpt-5', 'o3']));
    const pieces = again();
    await pieces.next();
    await appendFile(path, 'more\n');
    expect(await errorOf(() => all(pieces))).toMatchObject({ code: 'source_changed' });
  });

  it('leaves nothing behind of what it took to compare the ids', async () => {
    const { options } = await plan(mixedLines(9000, ['gpt-5']));
    expect(await readdir(join(options.stateDir, 'spool'))).toEqual([]);
  });
});
