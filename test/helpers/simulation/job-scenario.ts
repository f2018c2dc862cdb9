import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isUploadError, type UploadError, type UploadResult } from '../../../src/index.ts';
import { listJobs } from '../../../src/job/jobs.ts';
import { openJobWith } from '../../../src/job/open-job.ts';
import { isMomentary } from '../../../src/lock/lock-state.ts';
import { parseRecord } from '../../../src/sessions/validate-record.ts';
import { SERVER_PROFILES } from '../uploads-server/server-profile.ts';
import { ROOT } from './files-in-memory.ts';
import { faultOfPart, refuseKey } from './promises.ts';
import { createRandom, type Random } from './random.ts';
import { FILE_ID, type Ground, optionsBy, SERVERS, START_MS, type Story, tellSeed } from './scenario.ts';
import { createSimulatedClock } from './simulated-clock.ts';
import { createSimulatedDisk } from './simulated-disk.ts';
import { createLink, faultShareBy } from './simulated-link.ts';
import { BASE_URL, createSimulatedProcess, simulatedDependencies } from './simulated-process.ts';
import { createSimulatedServer } from './simulated-server.ts';

const STATE_DIR = join(ROOT, 'state');
const MAX_FILES = 4;
const MAX_ROUNDS = 5;
/** How often the job may be run again without faults before it must have ended. */
const MAX_TRIES = 4;

/** What became of one run of the job. */
type Ending = 'finished' | 'failed' | 'killed' | 'unknown';

/**
 * Plays a push of several files, which keeps a journal, through faults, kills and a clock that is set,
 * all chosen at random from one seed. Some files have the same name, size or bytes.
 * @throws Error that names the seed and what was wrong
 */
export async function playJob(seed: number, ground: Ground): Promise<Story> {
  const random = createRandom(seed);
  const world = createJobWorld(random, ground);

  return await tellSeed(seed, world.log, async () => {
    for (let rounds = random.between(1, MAX_ROUNDS); rounds > 0; rounds -= 1)
      if ((await world.playRound()) !== 'failed' && world.isOver()) return world.story();
    await world.comeToAnEnd();
    return world.story();
  });
}

function createJobWorld(random: Random, { files, turns }: Ground) {
  files.clear();
  const clock = createSimulatedClock(START_MS, turns);
  const disk = createSimulatedDisk();
  const server = createSimulatedServer(undefined, SERVER_PROFILES[random.pick(SERVERS)]);
  const sources = makeSources(random);
  for (const { path, content } of sources) files.write(path, content, true);
  const options = { ...optionsBy(random), ifNotUploaded: random.chance(0.4) };
  const faultShare = faultShareBy(random);
  server.listLagSeconds = random.chance(0.3) ? 30 : 0;
  const log: string[] = [];
  const count = { runs: 0, completed: 0, kills: 0, failures: 0 };
  let [isCalm, isUnknown] = [false, false];
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
      broken ??= faultOfPart(request, disk.values, sources);
    },
  });

  const request = { wanted: { sources: sources.map(({ path }) => path) }, cwd: ROOT };
  const items = sources.map(({ path }) => ({ source: path, options }));

  const check = (result: UploadResult) => {
    const { md5, path } = sources.find((source) => source.path === result.path) ?? {};
    const file = server.state.files.find(({ id }) => id === result.fileId);
    if (file === undefined || file.md5 !== md5)
      throw new Error(`${result.fileId} was reported of ${path}, and has other bytes or is not there`);
    const before = told.get(result.path);
    if (before !== undefined && before !== file.id)
      throw new Error(`${path} was reported as ${before}, and as ${file.id} in the same job`);
    told.set(result.path, file.id);
    refuseKey(JSON.stringify(result));
  };

  const noteFailure = ({ code, message, hint }: UploadError) => {
    refuseKey(message + hint);
    // The list does not tell which of several files is whose; see docs/resume.md.
    isUnknown ||= code === 'completion_unknown' && FILE_ID.test(message);
  };

  /** Runs the job in one process, whatever the end is. */
  const run = async (): Promise<Ending> => {
    const stop = new AbortController();
    const at = () => random.between(1, 200);
    const diesAt = !isCalm && random.chance(0.5) ? at() : undefined;
    const atStep = new Map<number, () => void>();
    if (!isCalm && random.chance(0.1)) atStep.set(at(), () => stop.abort());
    const process = createSimulatedProcess({ random, clock, atStep, diesAt, fullDiskShare: 0 });
    files.beforeChange = () => process.stepNow();
    const state = { stateDir: STATE_DIR, stateStore: disk.storeOf(process) };
    const { concurrency, retries = 0 } = options;
    const onEvent = () => undefined;
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

    try {
      let hasFailed = false;
      const job = await openJobWith(request, { ...options, ...state }, deps);
      try {
        for await (const outcome of job.pushAll(items)) {
          process.assertAlive();
          if (outcome.status === 'completed') check(outcome.result);
          else noteFailure(outcome.error);
          log.push(
            `  ${outcome.item.source}: ${outcome.status === 'completed' ? outcome.result.fileId : outcome.error.message}`,
          );
          hasFailed ||= outcome.status === 'failed';
        }
        if (!hasFailed) await job.finish();
      } finally {
        await job.close();
      }
      process.assertAlive();
      return hasFailed ? 'failed' : 'finished';
    } catch (error) {
      if (!process.isAlive()) return 'killed';
      if (!isUploadError(error)) throw error;
      noteFailure(error);
      log.push(`  ${error.code}: ${error.message}`);
      return 'failed';
    } finally {
      files.beforeChange = () => undefined;
      if (!process.isAlive()) dropLeftovers();
    }
  };

  /**
   * Whoever takes over the lock of a dead process deletes what it has left. Here all processes have the
   * same number, so nobody would.
   */
  const dropLeftovers = () => {
    for (const path of files.below(STATE_DIR).keys())
      if (path.endsWith('.lock') || isMomentary(path)) files.remove(path);
  };

  const runOnce = async (): Promise<Ending> => {
    const ending = await clock.run(run());
    if (broken !== undefined) throw new Error(broken);
    log.push(`  ${clock.trueNow() - START_MS} ms: ${ending}`);
    if (ending === 'finished') count.completed += sources.length;
    else if (ending === 'killed') count.kills += 1;
    else count.failures += 1;

    // Its journal can be read, and says that there is something to continue.
    const jobs = await clock.run(listJobs({ stateDir: STATE_DIR, baseUrl: BASE_URL }));
    if (ending === 'finished' && jobs.length > 0)
      throw new Error('the job is finished, and listed as unfinished');
    if (ending === 'failed' && jobs.length === 0)
      throw new Error('the job has failed, and cannot be continued');
    return isUnknown ? 'unknown' : ending;
  };

  return {
    log: () => log,
    story: (): Story => ({ ...count, uploads: server.state.files.length, log }),
    isOver: () => isUnknown || told.size === sources.length,

    async playRound() {
      if (random.chance(0.1)) clock.pass(random.pick([60_000, 3_600_000]));
      if (random.chance(0.2)) clock.set(random.pick([-3_600_000, 0, 3_600_000]));
      return await runOnce();
    },

    async comeToAnEnd() {
      isCalm = true;
      server.listLagSeconds = 0;
      let ending: Ending = 'failed';
      for (let tries = 0; tries < MAX_TRIES && ending === 'failed'; tries += 1) ending = await runOnce();
      if (ending === 'unknown') return;
      if (ending !== 'finished') throw new Error('the job does not end, though nothing goes wrong any more');

      for (const { path } of sources) if (!told.has(path)) throw new Error(`nothing was said of ${path}`);
      const untold = server.state.files.find(({ id }) => ![...told.values()].includes(id));
      if (untold) throw new Error(`there is a file that nobody was told of: ${untold.id}`);
      const { length } = server.state.files;
      if (options.ifNotUploaded && new Set(server.state.files.map(({ md5 }) => md5)).size < length)
        throw new Error('the same bytes are in two files, which was not asked for');
      for (const [name, value] of disk.values) parseRecord(value, name);

      const left = [...files.below(STATE_DIR).keys(), ...disk.locks()];
      if (left.length !== 1) throw new Error(`these are left: ${left.join(', ')}`);
      refuseKey(JSON.stringify([...disk.values.values(), ...files.below(STATE_DIR).values()]));
    },
  };
}

/** Some have the name of another one, in another folder, or its size, or its bytes as well. */
function makeSources(random: Random) {
  const bytes = random.between(20, 300);
  const isAlike = random.chance(0.5);
  const shared = randomBytes(random, bytes);

  return Array.from({ length: random.between(2, MAX_FILES) }, (_, index) => {
    const path = join(ROOT, `${index}`, `${isAlike ? 'source' : index}.bin`);
    const isSame = isAlike && random.chance(0.3);
    const content = isSame ? shared : randomBytes(random, random.pick([bytes, random.between(20, 300)]));
    return { path, content, md5: createHash('md5').update(content).digest('hex') };
  });
}

function randomBytes(random: Random, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => random.between(0, 255)));
}
