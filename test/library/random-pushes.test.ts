import { createHash } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneSessions, push, resume, type UploadError, type UploadResult } from '../../src/index.ts';
import type { Fault } from '../helpers/uploads-server/fault.ts';
import { setUp } from './library.ts';

/** More of them: `RUNS=1000`. One of them again: `SEED=17`. */
const RUNS = Number(process.env.RUNS ?? 8);
const seeds = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: RUNS }, (_, index) => index + 1);

/** Mulberry32: the same numbers for the same seed. */
function createChance(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    below,
    is: (probability: number) => next() < probability,
    of: <T>(values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0],
  };
}

type Chance = ReturnType<typeof createChance>;

const headers = { 'retry-after-ms': '1' };
const trouble = (when: 'after-body' | 'after-work') =>
  ({ kind: 'status', status: 500, headers, when }) as const;
const refusal = (status: number, message: string) =>
  ({ kind: 'status', status, headers, body: { error: { message } }, when: 'after-work' }) as const;
const FAULTS = {
  complete: [
    trouble('after-work'),
    trouble('after-body'),
    { kind: 'reset', when: 'after-work' },
    trouble('after-work'),
    refusal(404, 'No such upload.'),
    refusal(400, 'The upload is already completed.'),
  ],
  listFiles: [trouble('after-body'), refusal(404, 'Unknown URL.'), { kind: 'reset', when: 'start' }],
  getFile: [trouble('after-body')],
  part: [trouble('after-work'), { kind: 'reset', when: 'start' }],
  create: [trouble('after-body')],
} as const;

function someFaults(chance: Chance): readonly Fault[] {
  return Object.entries(FAULTS).flatMap(([call, kinds]) =>
    Array.from({ length: 12 }, (_, index) => index + 1)
      .filter(() => chance.is(call === 'complete' || call === 'listFiles' ? 0.5 : 0.1))
      .map((nth) => ({ ...chance.of(kinds as unknown as [object]), call, nth }) as Fault),
  );
}

const CONTENTS = ['a', 'b'].map((letter) => Buffer.alloc(2500, letter));

/** One file in two places, and pushes of it that meet trouble, one after another or two at once. */
async function setUpRandom(seed: number) {
  const chance = createChance(seed);
  const world = await setUp({ faults: someFaults(chance) });
  const { path, pushOptions, folder } = world;
  const copy = join(folder, 'copy.bin');
  const successes: UploadResult[] = [];
  for (const each of [path, copy]) await writeFile(each, CONTENTS[0] ?? '');

  const pushOnce = async (own: {
    readonly path: string;
    readonly ifNotUploaded?: boolean;
    readonly mayStop?: boolean;
  }) => {
    const stop = new AbortController();
    let eventsLeft = own.mayStop && chance.is(0.3) ? chance.below(14) : Number.POSITIVE_INFINITY;
    const onEvent = () => {
      eventsLeft -= 1;
      if (eventsLeft < 0) stop.abort();
    };
    const name = chance.is(0.5) ? { filename: 'a.bin' } : {};
    const options = { ...pushOptions, ...name, onEvent, signal: stop.signal, retries: chance.of([0, 0, 1]) };
    const { ifNotUploaded = false } = own;
    const result = await push(own.path, { ...options, ifNotUploaded }).catch((error: UploadError) => error);
    if (result instanceof Error) return undefined;

    successes.push(result);
    return result;
  };

  return { ...world, chance, copy, pushOnce, successes };
}

type World = Awaited<ReturnType<typeof setUpRandom>>;

async function expectSourceOf({ server }: World, path: string, result: UploadResult | undefined) {
  const md5 = createHash('md5')
    .update(await readFile(path))
    .digest('hex');
  if (result) expect(server.fileMd5(result.fileId)).toBe(md5);
}

describe('pushes that meet trouble at random', { timeout: 60_000 }, () => {
  it.each(seeds)('make one file of the same bytes with ifNotUploaded: seed %i', async (seed) => {
    const world = await setUpRandom(seed);
    const { chance, path, copy, server, options, pushOnce } = world;

    for (let step = 0; step < 5; step += 1) {
      const target = chance.of([path, copy]);
      if (chance.is(0.4)) await writeFile(target, chance.of(CONTENTS as [Buffer]));
      if (chance.is(0.2)) await utimes(target, 1, chance.below(1e9));
      if (chance.is(0.2)) await pruneSessions(options);
      const targets = chance.is(0.3) ? [path, copy] : [target];
      const results = await Promise.all(
        targets.map((each) => pushOnce({ path: each, ifNotUploaded: true, mayStop: true })),
      );
      for (const [index, each] of targets.entries()) await expectSourceOf(world, each, results[index]);
    }

    const files = server.files().map(({ id }) => server.fileMd5(id));
    expect(new Set(files).size).toBe(files.length);
  });

  it.each(seeds)('make no more files than there were successes: seed %i', async (seed) => {
    const world = await setUpRandom(seed);
    const { chance, path, server, options, sessions, pushOnce, successes } = world;
    let twins = 0;

    for (let step = 0; step < 4; step += 1) {
      const result = await pushOnce({ path, mayStop: true });
      await expectSourceOf(world, path, result);
      if (chance.is(0.2)) {
        const twin = await push(path, { ...world.pushOptions, resume: false }).catch(() => undefined);
        twins += 1;
        await expectSourceOf(world, path, twin);
      }
      if (chance.is(0.3)) {
        const { sessions: saved } = await sessions.list();
        const { uploadId = '' } = saved[chance.below(saved.length)]?.record ?? {};
        const resumed = await resume(uploadId, { ...options, retries: 1 }).catch(() => undefined);
        if (resumed) successes.push(resumed);
      }
    }

    const distinct = new Set(successes.map(({ fileId }) => fileId)).size;
    expect(server.files().length).toBeLessThanOrEqual(distinct + twins + 1);
  });
});
