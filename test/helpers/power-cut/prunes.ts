import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PushOptions } from '../../../src/index.ts';
import { pruneJobs } from '../../../src/job/jobs.ts';
import { pruneSessions } from '../../../src/local/local.ts';
import { cancel } from '../../../src/upload/cancel.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import { push } from '../../../src/upload/push.ts';
import { pushData } from '../../../src/upload/stream-input.ts';
import { makeFile } from '../make-file.ts';
import { noPatience, recoveredSessionsIn, sessionsIn } from '../sessions.ts';
import { BASE_URL } from '../simulation/simulated-process.ts';
import { createSimulatedServer } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { refuseBegunAnew, refuseLeftovers } from './jobs.ts';
import { PART_BYTES } from './pushes.ts';
import { type Recorded, record } from './recorded.ts';
import type { StateLeft } from './survive-power-cuts.ts';

/** Records of every kind are pruned, and an upload of a pruned file is made again. */
export interface PruneWork {
  readonly kind: 'prune';
  /** Completed, and pushed again later with other bytes. */
  readonly completed: string;
  /** Stopped halfway, and continued. */
  readonly pending: string;
  readonly cancelled: string;
  /** Read as a stream, so that it has a spool. */
  readonly expired: string;
  readonly options: PushOptions;
}

const PARTS = 4;

export async function recordPrune(
  folder: string,
): Promise<{ readonly work: PruneWork; readonly recorded: Recorded }> {
  const options = {
    purpose: 'user_data',
    mimeType: 'application/octet-stream',
    partBytes: PART_BYTES,
    concurrency: 2,
    retries: 0,
  };
  const [completed = '', pending = '', cancelled = '', expired = ''] = await Promise.all(
    ['completed', 'pending', 'cancelled', 'expired'].map(async (name, index) => {
      const path = join(folder, `${name}.bin`);
      await makeFile(path, (index === 1 ? 2 * PARTS : 1) * PART_BYTES, index + 1);
      return path;
    }),
  );
  const work = { kind: 'prune', completed, pending, cancelled, expired, options } as const;
  return { work, recorded: await record(folder, 'prune', work) };
}

/**
 * Makes a session of every kind.
 * @param repairLink called when the link, over which the first upload has failed, has to work again
 */
export async function setUpPrune(
  work: PruneWork,
  { stateDir, deps, repairLink }: { stateDir: string; deps: Dependencies; repairLink: () => void },
): Promise<void> {
  const { completed, pending, cancelled, expired, options } = work;
  for (const path of [pending, cancelled]) await push(path, options, deps).catch(() => undefined);
  const named = { ...options, filename: basename(expired) };
  await pushData(new Blob([await readFile(expired)]), named, deps).catch(() => undefined);

  const sessions = sessionsIn(stateDir);
  for (const { record } of (await sessions.list()).sessions) {
    if (record.filename === basename(cancelled)) await cancel(record.uploadId, options, deps);
    if (record.filename !== basename(expired)) continue;
    const session = await sessions.open(record.uploadId, noPatience);
    await session?.update({ status: 'expired' });
    await session?.release();
  }

  repairLink();
  await push(completed, options, deps);
  await makeFile(completed, PARTS * PART_BYTES, Number.MAX_SAFE_INTEGER);
}

/** Prunes, and goes on. */
export async function pruneAndPush(work: PruneWork, stateDir: string, deps: Dependencies): Promise<void> {
  await prune(stateDir);
  await push(work.completed, work.options, deps);
  await push(work.pending, work.options, deps);
}

async function prune(stateDir: string): Promise<void> {
  const options = { stateDir, baseUrl: BASE_URL };
  const { failed } = await pruneSessions(options);
  if (failed[0]) throw failed[0];
  await pruneJobs(options);
}

/** From what is left, pruning again, and going on, has to come to the files, and to leave nothing behind. */
export async function survivePrune(
  { completed, pending, options }: PruneWork,
  { place, server: state, refuseAgain }: StateLeft,
): Promise<void> {
  const stateDir = join(place, 'state');
  const server = createSimulatedServer(state);
  const deps = steadyDependencies({ server, stateDir, onRequest: refuseAgain });
  const sessions = await recoveredSessionsIn(stateDir);
  const { unusable } = await sessions.list();
  if (unusable[0]) throw unusable[0];
  await prune(stateDir);

  const isMade = (path: string) => server.state.files.some(({ filename }) => filename === basename(path));
  for (const path of [completed, pending]) {
    const { sessions: saved } = await sessions.list();
    const own = saved.filter(({ record }) => record.source.path === path);
    const isUnfinished = own.some(
      ({ record: { status } }) => status === 'pending' || status === 'completing',
    );
    if (isUnfinished || !isMade(path)) await push(path, options, deps);
  }

  const filesOf = (path: string) =>
    server.state.files.filter(({ filename }) => filename === basename(path)).length;
  if (filesOf(pending) !== 1 || filesOf(completed) > 2)
    throw new Error(`the files on the server: ${JSON.stringify(server.state.files)}`);
  refuseBegunAnew(state, server.state);

  await prune(stateDir);
  if ((await sessions.list()).sessions.length > 0) throw new Error('a session is left');
  refuseLeftovers(stateDir);
}
