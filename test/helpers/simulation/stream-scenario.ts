import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { nextCommand } from '../../../src/cli/render/failure-text.ts';
import { isUploadError, type UploadError, type UploadResult } from '../../../src/index.ts';
import { recoverState } from '../../../src/sessions/open-store.ts';
import { parseRecord } from '../../../src/sessions/validate-record.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { pushData } from '../../../src/upload/stream-input.ts';
import { SERVER_PROFILES } from '../uploads-server/server-profile.ts';
import { ROOT } from './files-in-memory.ts';
import { randomBytes } from './job-work.ts';
import { onFiles } from './on-files.ts';
import { faultOfPart, refuseKey } from './promises.ts';
import { pruneState } from './prune-state.ts';
import { createRandom, type Random } from './random.ts';
import { recordIn } from './record-in.ts';
import { FILE_ID, type Ground, optionsBy, SERVERS, type Story, tellSeed } from './scenario.ts';
import { createSimulatedClock, START_MS } from './simulated-clock.ts';
import { createLink, faultShareBy } from './simulated-link.ts';
import { createSimulatedProcess, type SimulatedProcess, simulatedDependencies } from './simulated-process.ts';
import { createSimulatedServer } from './simulated-server.ts';

const STATE_DIR = join(ROOT, 'state');
const STATE = { stateDir: STATE_DIR };
const MAX_ROUNDS = 4;
/** How often a message may say what to run next before the file must exist. */
const MAX_ADVICE = 4;
/** Steps of a process that pushes a stream. It dies at any of them. */
const STEPS = 100;
/** More than a spool without a session is kept. */
const WEEKS_MS = 15 * 86_400_000;

/** The ledger, and the mark of an index that is complete. */
const KEPT = /\/state\/(ledger\/[^/]+\.json|sources\/complete)$/;

/** Push the stream, continue an upload, or push what was kept of a stream. */
type Command =
  | { readonly type: 'stream' }
  | { readonly type: 'resume'; readonly uploadId: string; readonly restart: boolean }
  | { readonly type: 'kept'; readonly path: string };

type Ending =
  | { readonly type: 'completed'; readonly result: UploadResult }
  | { readonly type: 'failed'; readonly error: UploadError }
  | { readonly type: 'killed' };

/**
 * Plays a push of standard input through faults, kills, signals, a full disk and `prune`, all chosen at
 * random from one seed. It is continued from what was kept of the stream, in files in memory.
 * @throws Error that names the seed and what was wrong
 */
export async function playStream(seed: number, ground: Ground): Promise<Story> {
  const random = createRandom(seed);
  const world = createStreamWorld(random, ground);

  return await tellSeed(seed, world.log, async () => {
    for (let rounds = random.between(0, MAX_ROUNDS); rounds > 0; rounds -= 1) await world.playRound();
    await world.comeToAnEnd();
    return world.story();
  });
}

function createStreamWorld(random: Random, { files, turns }: Ground) {
  files.clear();
  const clock = createSimulatedClock(START_MS, turns);
  const server = createSimulatedServer(undefined, SERVER_PROFILES[random.pick(SERVERS)]);
  const options = { ...optionsBy(random), filename: 'source.bin' };
  const content = randomBytes(random, random.between(20, 300));
  const md5 = createHash('md5').update(content).digest('hex');
  const faultShare = faultShareBy(random);
  const log: string[] = [];
  const count = { runs: 0, completed: 0, kills: 0, failures: 0 };
  const told = new Set<string>();
  let [next, isCalm]: [Command, boolean] = [{ type: 'stream' }, false];
  let [broken, wasPruned]: [string | undefined, boolean] = [undefined, false];

  const link = createLink({
    server,
    random,
    now: clock.trueNow,
    faultShare: (path) => (isCalm ? 0 : faultShare(path)),
    isRepeated: () => false,
    onRequest(request) {
      const sources = [{ content }];
      broken ??= faultOfPart(request, (uploadId) => recordIn(files, STATE_DIR, uploadId), sources);
    },
  });

  const records = () =>
    [...files.below(STATE_DIR).keys()].flatMap((path) => {
      const [, uploadId = ''] = /(upload_\d+)\.json$/.exec(path) ?? [];
      return uploadId === '' ? [] : [parseRecord(recordIn(files, STATE_DIR, uploadId), path)];
    });
  const unfinished = () => records().filter(({ status }) => status === 'pending' || status === 'completing');

  const work = async (command: Command, deps: Dependencies): Promise<UploadResult> => {
    await recoverState(STATE, deps.clock);
    if (command.type === 'resume')
      return await resume(command.uploadId, { ...options, restart: command.restart }, deps);
    if (command.type === 'kept') return await push(command.path, options, deps);

    const { ifNotUploaded: _, ...own } = options;
    return await pushData(chunksOf(content, random), own, deps);
  };

  const runOnce = async (command: Command): Promise<Ending> => {
    const stop = new AbortController();
    const at = () => random.between(1, STEPS);
    const diesAt = !isCalm && random.chance(0.4) ? at() : undefined;
    const atStep = new Map<number, () => void>();
    if (!isCalm && random.chance(0.1)) atStep.set(at(), () => stop.abort());
    const fullDiskShare = !isCalm && random.chance(0.1) ? 0.1 : 0;
    const process = createSimulatedProcess({ random, clock, atStep, diesAt, fullDiskShare });
    const { concurrency, retries = 0 } = options;
    const [state, signal, onEvent] = [STATE, stop.signal, () => undefined];
    const deps = simulatedDependencies({ process, state, link, signal, onEvent, concurrency, retries });
    count.runs += 1;
    log.push(`${clock.trueNow() - START_MS} ms: ${JSON.stringify(command)}, dies at step ${diesAt}`);

    try {
      const result = await onFiles(files, process, () => work(command, deps));
      process.assertAlive();
      return { type: 'completed', result };
    } catch (error) {
      if (!process.isAlive()) return { type: 'killed' };
      if (!isUploadError(error)) throw error;
      return { type: 'failed', error };
    }
  };

  const run = async (command: Command): Promise<Ending> => {
    const ending = await clock.run(runOnce(command));
    if (broken !== undefined) throw new Error(broken);
    if (ending.type === 'killed') count.kills += 1;
    // It may have saved the file, and had no time to say so.
    if (ending.type === 'killed') for (const { file } of records()) told.add(file?.id ?? '');
    if (ending.type === 'completed') {
      count.completed += 1;
      check(ending.result);
    }
    if (ending.type === 'failed') {
      count.failures += 1;
      const { code, message, hint } = ending.error;
      refuseKey(message + hint);
      for (const [fileId] of message.matchAll(new RegExp(FILE_ID, 'g'))) told.add(fileId);
      log.push(`  ${code}: ${message}`);
    }
    log.push(`  ${clock.trueNow() - START_MS} ms: ${ending.type}`);
    return ending;
  };

  const check = (result: UploadResult) => {
    const file = server.state.files.find(({ id }) => id === result.fileId);
    if (file?.md5 !== md5)
      throw new Error(`${result.fileId} was reported, and has other bytes or is not there`);
    told.add(file.id);
    refuseKey(JSON.stringify(result));
  };

  /** What the message says, or else the same again. After a kill, what `list` shows, or the stream. */
  const adviceOf = (ending: Ending, command: Command): Command => {
    if (ending.type !== 'failed') {
      const uploadId = unfinished().at(-1)?.uploadId;
      return uploadId === undefined ? { type: 'stream' } : { type: 'resume', uploadId, restart: false };
    }
    const { error } = ending;
    const { uploadId } = error;
    // `prune` forgets what has expired, with the bytes. It may have died in between.
    const isForgotten = error.code === 'session_unknown' || error.code === 'source_not_found';
    if (isForgotten && wasPruned) return { type: 'stream' };
    const [, verb, ...words] =
      nextCommand({ error, subject: { path: '-' } }, { color: false })?.split(' ') ?? [];
    if (verb === 'push') return { type: 'kept', path: words.at(-1) ?? '' };
    const restart = error.code === 'upload_expired';
    return (verb === 'resume' || restart) && uploadId ? { type: 'resume', uploadId, restart } : command;
  };

  const prune = async (process: SimulatedProcess) => {
    wasPruned = true;
    log.push(`${clock.trueNow() - START_MS} ms: prune`);
    try {
      const { kept, failed } = await onFiles(files, process, () => pruneState(STATE, clock));
      for (const { session, reason } of kept) log.push(`  kept ${session.uploadId}: ${reason}`);
      for (const { message } of failed) log.push(`  ${message}`);
    } catch (error) {
      if (process.isAlive()) throw error;
    }
    // Without the records, nothing tells their files from one that is made in the same second.
    clock.pass(1000);
  };
  const pruner = (diesAt?: number) =>
    createSimulatedProcess({ random, clock, atStep: new Map(), diesAt, fullDiskShare: 0 });

  return {
    log: () => log,
    story: (): Story => ({ ...count, uploads: server.state.files.length, log }),

    async playRound() {
      if (random.chance(0.1)) clock.pass(random.pick([60_000, 3_600_000]));
      if (random.chance(0.2)) await clock.run(prune(pruner(random.pick([undefined, random.between(1, 30)]))));
      const ending = await run(next);
      next = random.chance(0.8) ? adviceOf(ending, next) : { type: 'stream' };
    },

    async comeToAnEnd() {
      isCalm = true;
      for (let tries = 0; ; tries += 1) {
        if (tries === MAX_ADVICE)
          throw new Error('the file is not there, though nothing goes wrong any more');
        const ending = await run(next);
        if (ending.type === 'completed') break;
        if (isForThePersonToSay(ending)) return;
        next = adviceOf(ending, next);
      }

      for (const { uploadId } of unfinished())
        if (isForThePersonToSay(await run({ type: 'resume', uploadId, restart: false }))) return;
      for (const { file } of records()) told.add(file?.id ?? '');
      const untold = server.state.files.find(({ id }) => !told.has(id));
      if (untold) throw new Error(`there is a file that nobody was told of: ${untold.id}`);

      // By then, nobody can want a spool any more.
      clock.pass(WEEKS_MS);
      // A session is kept while another one that has expired could take its file.
      for (let times = 0; times < 2; times += 1) await clock.run(prune(pruner()));
      // Nobody knows whether it has made a file, so a person has to say.
      if (unfinished().length > 0) return;
      const left = [...files.below(STATE_DIR).keys()].filter((path) => !KEPT.test(path));
      if (left.length > 0) throw new Error(`these are left: ${left.join(', ')}`);
    },
  };
}

/** The list does not tell which of several files is whose; see docs/resume.md. */
function isForThePersonToSay(ending: Ending): boolean {
  return ending.type === 'failed' && FILE_ID.test(ending.error.message);
}

async function* chunksOf(content: Buffer, random: Random): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; ) {
    const end = at + random.between(1, content.length);
    yield content.subarray(at, end);
    at = end;
  }
}
