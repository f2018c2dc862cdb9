import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../../src/api/credentials.ts';
import { createRedactor } from '../../../src/api/redact.ts';
import { createUploadsApi } from '../../../src/api/uploads-api.ts';
import type { UploadEvent } from '../../../src/index.ts';
import type { Clock } from '../../../src/model/clock.ts';
import { createServerClock } from '../../../src/model/server-clock.ts';
import { openStore, type StateOptions } from '../../../src/sessions/open-store.ts';
import { openSessions } from '../../../src/sessions/sessions.ts';
import { createChunkBuffers } from '../../../src/source/read-range.ts';
import { createSharedLimits } from '../../../src/transfer/shared-limits.ts';
import { createDependencies, type Dependencies } from '../../../src/upload/dependencies.ts';
import type { Random } from './random.ts';
import type { Link } from './simulated-link.ts';

/** Like a real key in all that a search depends on: it is long, and JSON and URLs escape it. */
export const KEY = 'sk-simulated/+key"0123456789';
export const BASE_URL = 'https://simulated.invalid/v1';

const CONNECTION = {
  baseUrl: BASE_URL,
  apiKey: KEY,
  organization: null,
  project: null,
  auth: 'bearer',
  headers: {},
} as const;

/** Shared by all processes: it holds no state of an upload, and is slow to create. */
const { redact, add: addSecret } = createRedactor(CONNECTION);
addSecret(CONNECTION.apiKey);

/** A key that the server always accepts. */
const credentials: Credentials = {
  origin: ['a simulated key'],
  key: async () => CONNECTION.apiKey,
  accepted: () => undefined,
  refused: () => false,
  close: () => undefined,
};
const chunkBuffers = createChunkBuffers();
const real = createDependencies(
  { apiKey: KEY, baseUrl: BASE_URL, stateDir: join(tmpdir(), 'not there') },
  {},
);

/** One process of a simulated machine. It lives until the step at which it is to die. */
export interface SimulatedProcess {
  readonly random: Random;
  readonly clock: Clock;
  /** The probability that a write fails. */
  readonly fullDiskShare: number;
  isAlive(): boolean;
  /** Aborted when the process dies. */
  readonly death: AbortSignal;
  /** Throws if the process is dead. */
  assertAlive(): void;
  /** Must precede every request to the outside. @throws if the process is dead, or dies now */
  step(): Promise<void>;
  /** Does the same for what is done at once. @throws like `step` */
  stepNow(): void;
  /** Lets the process die at that step from now on, unless it dies before. */
  dieIn(steps: number): void;
}

export interface ProcessOptions {
  readonly random: Random;
  readonly clock: Clock;
  readonly fullDiskShare: number;
  /** Called right before a step; the key is the step's number, from 1. */
  readonly atStep: ReadonlyMap<number, () => void>;
  /** The step at which the process dies. It never dies if absent. */
  readonly diesAt?: number | undefined;
}

export function createSimulatedProcess(options: ProcessOptions): SimulatedProcess {
  const { random, clock, fullDiskShare, atStep } = options;
  let [steps, diesAt] = [0, options.diesAt ?? Number.POSITIVE_INFINITY];
  const death = new AbortController();
  // Every request that hangs listens to it.
  setMaxListeners(0, death.signal);
  const isAlive = () => !death.signal.aborted;
  const assertAlive = () => death.signal.throwIfAborted();
  const stepNow = () => {
    assertAlive();
    steps += 1;
    atStep.get(steps)?.();
    if (steps >= diesAt) death.abort(new Error('killed'));
    assertAlive();
  };

  return {
    random,
    clock,
    fullDiskShare,
    isAlive,
    death: death.signal,
    assertAlive,
    step: async () => stepNow(),
    stepNow,
    dieIn(more) {
      diesAt = Math.min(diesAt, steps + more);
    },
  };
}

export interface Setting {
  readonly process: SimulatedProcess;
  readonly state: StateOptions;
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly onEvent: (event: UploadEvent) => void;
  readonly concurrency?: number | undefined;
  readonly retries: number;
}

/** Returns everything that an upload needs from outside, simulated wherever possible. */
export function simulatedDependencies(setting: Setting): Dependencies {
  const { process, state, link, signal, onEvent, concurrency, retries } = setting;
  const clock = {
    ...process.clock,
    async sleep(ms: number, signal?: AbortSignal) {
      process.assertAlive();
      await process.clock.sleep(ms, signal);
      process.assertAlive();
    },
    /** What a dead process wanted to do does not happen. */
    after: (ms: number, action: () => void) =>
      process.clock.after(ms, () => {
        if (process.isAlive()) action();
      }),
  };
  const serverClock = createServerClock(clock);
  const client = {
    connection: CONNECTION,
    credentials,
    connections: link.connections(process),
    redact,
    userAgent: 'simulated',
    clock,
    onServerDate: serverClock.observe,
  };

  const shared = {
    ...real,
    sessions: openSessions(openStore(state, clock), clock),
    serverClock,
    clock,
    random: process.random.next,
    hashFile: hashAtOnce,
    chunkBuffers,
    limits: createSharedLimits(clock, { concurrency, retries }),
    linkMemory: { read: () => ({}), save: () => undefined },
    close: async () => undefined,
  };
  const withOwn: Dependencies['with'] = (own) => ({
    ...shared,
    ...own,
    api: createUploadsApi({ ...client, onEvent: own.onEvent }),
    with: withOwn,
  });

  return withOwn({ onEvent, signal });
}

/** Hashes the file in one go: reads in between would come in a different order each time. */
const hashAtOnce: Dependencies['hashFile'] = ({ fd, bytes }) => {
  const content = Buffer.alloc(bytes);
  readSync(fd, content, 0, bytes, 0);
  const digest = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
  return {
    digests: Promise.resolve({ md5: digest('md5'), sha256: digest('sha256') }),
    stop: async () => undefined,
  };
};
