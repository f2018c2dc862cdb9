import { join, sep } from 'node:path';
import { isUploadError, type UploadError, type UploadResult } from '../../../src/index.ts';
import { listJobs } from '../../../src/job/jobs.ts';
import { openJobWith } from '../../../src/job/open-job.ts';
import { recoverState } from '../../../src/sessions/open-store.ts';
import { parseRecord } from '../../../src/sessions/validate-record.ts';
import { SERVER_PROFILES } from '../uploads-server/server-profile.ts';
import { ROOT } from './files-in-memory.ts';
import { workOfFiles } from './job-of-files.ts';
import { workOfPieces } from './job-of-pieces.ts';
import { onFiles } from './on-files.ts';
import { faultOfPart, refuseKey } from './promises.ts';
import { pruneState } from './prune-state.ts';
import { createRandom, type Random } from './random.ts';
import { recordIn } from './record-in.ts';
import { FILE_ID, type Ground, optionsBy, SERVERS, type Story, tellSeed } from './scenario.ts';
import { createSimulatedClock, START_MS } from './simulated-clock.ts';
import { createLink, faultShareBy } from './simulated-link.ts';
import { BASE_URL, createSimulatedProcess, simulatedDependencies } from './simulated-process.ts';
import { createSimulatedServer } from './simulated-server.ts';

const STATE_DIR = join(ROOT, 'state');
const MANIFEST = join(ROOT, 'manifest.jsonl');
const MAX_ROUNDS = 5;
/** How often the job may be run again without faults before it must have ended. */
const MAX_TRIES = 4;
/** Steps of a process for one file. A job dies at any of them, or after the last. */
const STEPS = 50;

/** So many steps, or a few more, end a job. Much depends on their order. */
const STEPS_OF_END = 8;

/** What is there after a job has ended, apart from its head: records, their index and the ledger. */
const KEPT = /^(upload_\d+\.json(\.journal)?|ledger\/[^/]+\.json|sources\/(complete|[^/]+\/[^/]+))$/;

/** What became of one run of the job. One that was killed after the job had ended says `ended`. */
type Ending = 'finished' | 'ended' | 'failed' | 'killed' | 'unknown';

/** Whether the same push would begin a new job, or a person has to say which file is whose. */
function isOver(ending: Ending): boolean {
  return ending !== 'failed' && ending !== 'killed';
}

/**
 * Plays a push of several files, or of the pieces of one, through faults, kills and a clock that is
 * set, all chosen at random from one seed. All of its state is in files.
 * @throws Error that names the seed and what was wrong
 */
export async function playJob(seed: number, ground: Ground): Promise<Story> {
  const random = createRandom(seed);
  const world = createJobWorld(random, ground);

  return await tellSeed(seed, world.log, async () => {
    let ending: Ending = 'failed';
    for (let rounds = random.between(1, MAX_ROUNDS); rounds > 0 && !isOver(ending); rounds -= 1)
      ending = await world.playRound();
    await world.comeToAnEnd(ending);
    return world.story();
  });
}

function createJobWorld(random: Random, { files, turns }: Ground) {
  files.clear();
  const clock = createSimulatedClock(START_MS, turns);
  const server = createSimulatedServer(undefined, SERVER_PROFILES[random.pick(SERVERS)]);
  const isSplit = random.chance(0.4);
  const manifest = random.chance(0.3) ? MANIFEST : undefined;
  const options = { ...optionsBy(random), ifNotUploaded: !isSplit && random.chance(0.4) };
  const work = (isSplit ? workOfPieces : workOfFiles)(random, files, { options, stateDir: STATE_DIR });
  const faultShare = faultShareBy(random);
  server.listLagSeconds = random.chance(0.3) ? 30 : 0;
  const log: string[] = [];
  const count = { runs: 0, completed: 0, kills: 0, failures: 0 };
  let [isCalm, isUnknown, wasClockSet, wasOpened, requests] = [false, false, false, false, 0];
  /** Whether the last run had no room for something. */
  let wasFull = false;
  /** What every run that succeeded has said of each file. */
  const told = new Map<string, string>();
  let broken: string | undefined;

  const link = createLink({
    server,
    random,
    now: clock.trueNow,
    faultShare: (path) => (isCalm ? 0 : faultShare(path)),
    isRepeated: () => false,
    onRequest(request) {
      requests += 1;
      broken ??= faultOfPart(request, (uploadId) => recordIn(files, STATE_DIR, uploadId), work.contents());
    },
  });

  const request = { ...work.request, cwd: ROOT, manifest };

  const check = (name: string, result: UploadResult) => {
    const { md5 } = work.contents().find((content) => content.name === name) ?? {};
    const file = server.state.files.find(({ id }) => id === result.fileId);
    if (file === undefined || file.md5 !== md5)
      throw new Error(`${result.fileId} was reported of ${name}, and has other bytes or is not there`);
    const before = told.get(name);
    if (before !== undefined && before !== file.id)
      throw new Error(`${name} was reported as ${before}, and as ${file.id} in the same job`);
    told.set(name, file.id);
    refuseKey(JSON.stringify(result));
  };

  const noteFailure = ({ code, message, hint }: UploadError) => {
    refuseKey(message + hint);
    // The list does not tell which of several files is whose; see docs/resume.md.
    isUnknown ||= code === 'completion_unknown' && FILE_ID.test(message);
  };

  /** Runs the job in one process, whatever the end is. */
  const run = async (): Promise<Ending> => {
    wasFull = false;
    const stop = new AbortController();
    const at = () => random.between(1, STEPS * work.size);
    const diesAt = !isCalm && random.chance(0.5) ? at() : undefined;
    const atStep = new Map<number, () => void>();
    if (!isCalm && random.chance(0.1)) atStep.set(at(), () => stop.abort());
    const fullDiskShare = !isCalm && random.chance(0.1) ? 0.05 : 0;
    const diesInTheEnd = !isCalm && random.chance(0.2);
    const process = createSimulatedProcess({ random, clock, atStep, diesAt, fullDiskShare });
    const state = { stateDir: STATE_DIR };
    const { concurrency, retries = 0 } = options;
    const onEvent = work.onEvent;
    const deps = simulatedDependencies({
      process,
      state,
      link,
      signal: stop.signal,
      concurrency,
      retries,
      onEvent,
    });
    count.runs += 1;
    log.push(`${clock.trueNow() - START_MS} ms: the job${diesAt ? `, dies at step ${diesAt}` : ''}`);

    const pushAll = async (): Promise<Ending> => {
      await recoverState(state, deps.clock);
      const job = await openJobWith(request, { ...options, ...state }, deps);
      wasOpened = true;
      let hasFailed = false;
      try {
        for await (const { name, ...outcome } of work.push(job, deps, manifest)) {
          process.assertAlive();
          if ('result' in outcome) check(name, outcome.result);
          else noteFailure(outcome.error);
          log.push(`  ${name}: ${'result' in outcome ? outcome.result.fileId : outcome.error.message}`);
          hasFailed ||= 'error' in outcome;
        }
        if (diesInTheEnd) process.dieIn(random.between(1, STEPS_OF_END));
        if (!hasFailed) await job.finish();
      } finally {
        await job.close();
      }
      process.assertAlive();
      return hasFailed ? 'failed' : 'finished';
    };

    try {
      return await onFiles(files, process, pushAll, () => {
        wasFull = true;
      });
    } catch (error) {
      if (!process.isAlive()) return 'killed';
      if (!isUploadError(error)) throw error;
      noteFailure(error);
      log.push(`  ${error.code}: ${error.message}`);
      return 'failed';
    }
  };

  /** Runs `prune`, which may be killed. */
  const prune = async () => {
    const diesAt = random.chance(0.3) ? random.between(1, STEPS) : undefined;
    const process = createSimulatedProcess({ random, clock, atStep: new Map(), diesAt, fullDiskShare: 0 });
    log.push(`${clock.trueNow() - START_MS} ms: prune${diesAt ? `, dies at step ${diesAt}` : ''}`);

    try {
      const { forgotten } = await onFiles(files, process, () => pruneState({ stateDir: STATE_DIR }, clock));
      for (const { uploadId, status } of forgotten) log.push(`  forgot ${uploadId}, ${status}`);
    } catch (error) {
      if (process.isAlive()) throw error;
    }
    // Without the records, nothing tells their files from one that is made in the same second.
    clock.pass(1000);
  };

  const runOnce = async (): Promise<Ending> => {
    const ending = await clock.run(run());
    if (broken !== undefined) throw new Error(broken);
    log.push(`  ${clock.trueNow() - START_MS} ms: ${ending}`);
    if (ending === 'finished') count.completed += work.contents().length;
    else if (ending === 'killed') count.kills += 1;
    else count.failures += 1;

    // Its journal can be read, and says that there is something to continue.
    const jobs = await clock.run(listJobs({ stateDir: STATE_DIR, baseUrl: BASE_URL }));
    if (ending === 'finished' && jobs.length > 0)
      throw new Error('the job is finished, and listed as unfinished');
    if (ending === 'failed' && wasOpened && jobs.length === 0)
      throw new Error('the job has failed, and cannot be continued');
    if (isUnknown) return 'unknown';
    return ending === 'killed' && wasOpened && jobs.length === 0 ? 'ended' : ending;
  };

  const refuseLeftovers = () => {
    const left = [...files.below(STATE_DIR).keys()].map((path) =>
      path.slice(STATE_DIR.length + 1).replaceAll(sep, '/'),
    );
    const spools = new Set<string>();
    for (const path of left) {
      const [, uploadId = ''] = /^(upload_\d+)\.json/.exec(path) ?? [];
      if (uploadId === '') continue;
      const { status, spool } = parseRecord(recordIn(files, STATE_DIR, uploadId), path);
      // Where the clock is wrong, only a response tells that such an upload has expired.
      if (wasClockSet && status === 'pending') spools.add(`spool/${spool}`);
      const isWhole = status === 'completed' && count.kills === 0;
      if (isWhole && path.endsWith('.journal')) throw new Error(`${path} is left`);
    }
    const others = left.filter((path) => !KEPT.test(path) && !spools.has(path));
    const heads = others.filter((path) => /^jobs\/job_\w+\.jsonl$/.test(path));
    if (others.length > heads.length || heads.length !== (manifest === undefined ? 1 : 0))
      throw new Error(`these are left: ${others.join(', ')}`);
    refuseKey(JSON.stringify([...files.below(ROOT)].filter(([path]) => !path.endsWith('.bin'))));
  };

  return {
    log: () => log,
    story: (): Story => ({ ...count, uploads: server.state.files.length, log }),
    async playRound() {
      if (random.chance(0.1)) clock.pass(random.pick([60_000, 3_600_000]));
      if (random.chance(0.2)) {
        clock.set(random.pick([-3_600_000, 0, 3_600_000]));
        wasClockSet = true;
      }
      if (random.chance(0.2)) await clock.run(prune());
      return await runOnce();
    },

    async comeToAnEnd(last: Ending) {
      isCalm = true;
      server.listLagSeconds = 0;
      let ending = last;
      for (let tries = 0; tries < MAX_TRIES && !isOver(ending); tries += 1) ending = await runOnce();
      if (ending === 'unknown') return;
      if (!isOver(ending)) throw new Error('the job does not end, though nothing goes wrong any more');

      for (const { name } of work.contents())
        if (!told.has(name)) throw new Error(`nothing was said of ${name}`);
      const untold = server.state.files.find(({ id }) => ![...told.values()].includes(id));
      if (untold) throw new Error(`there is a file that nobody was told of: ${untold.id}`);
      const { length } = server.state.files;
      if (options.ifNotUploaded && new Set(server.state.files.map(({ md5 }) => md5)).size < length)
        throw new Error('the same bytes are in two files, which was not asked for');
      // What the dead process has left is for the next one.
      if (ending === 'ended') return;
      // So is what it could not recover, if there was no room to take the lock for that.
      if (wasFull) await clock.run(recoverState({ stateDir: STATE_DIR }, clock));
      refuseLeftovers();

      if (manifest === undefined) return;
      for (const { name } of work.contents())
        if (!files.text(MANIFEST)?.includes(told.get(name) ?? name))
          throw new Error(`the manifest has no line for ${name}`);
      requests = 0;
      if ((await runOnce()) !== 'finished' || requests > 0)
        throw new Error('the manifest has all files, and was not enough');
      refuseLeftovers();
    },
  };
}
