import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { nextCommand } from '../../../src/cli/render/failure-text.ts';
import { isUploadError, type PushOptions, type UploadError, type UploadResult } from '../../../src/index.ts';
import type { Progress } from '../../../src/model/events.ts';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { parseRecord } from '../../../src/sessions/validate-record.ts';
import { cancel } from '../../../src/upload/cancel.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { type ProfileName, SERVER_PROFILES } from '../uploads-server/server-profile.ts';
import { type FilesInMemory, ROOT } from './files-in-memory.ts';
import { faultOfPart, partsOf, refuseKey, UNREADABLE } from './promises.ts';
import { pruneState } from './prune-state.ts';
import { createRandom, type Random } from './random.ts';
import { createSimulatedClock, START_MS } from './simulated-clock.ts';
import { createSimulatedDisk } from './simulated-disk.ts';
import { createLink, faultShareBy } from './simulated-link.ts';
import { createSimulatedProcess, simulatedDependencies } from './simulated-process.ts';
import { createSimulatedServer, type ServerState } from './simulated-server.ts';
import type { SimulatedTurns } from './simulated-turns.ts';

/** What happened in one scenario. */
export interface Story {
  readonly runs: number;
  /** Whole uploads: files that the server has made. A run may only find one, or continue an upload. */
  readonly uploads: number;
  readonly completed: number;
  readonly kills: number;
  readonly failures: number;
  /** What happened, and when, for a person to read. */
  readonly log: readonly string[];
}

/** What all scenarios of a process share. */
export interface Ground {
  readonly files: FilesInMemory;
  readonly turns: SimulatedTurns;
}

/** Without an id: the push. */
type Command = {
  readonly uploadId?: string;
  readonly reuploadChanged?: boolean;
  readonly isCancel?: boolean;
};

type Ending =
  | { readonly type: 'completed'; readonly result: UploadResult }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly error: UploadError }
  | { readonly type: 'killed' };

/** The first is OpenAI's. The others count a part sent again, and differ in how they refuse it. */
export const SERVERS = [
  'openai',
  'counting',
  'counting-413',
  'counting-409',
  'counting-complete',
] as const satisfies readonly ProfileName[];

/** Matches the ids of the simulated server. */
export const FILE_ID = /file-\d+/;
const MAX_ROUNDS = 6;
/** How often the advice of a failure may lead to another one before the file must exist. */
const MAX_ADVICE = 4;

/**
 * Plays whole uploads of one file through faults, kills, a second process, edits and clock jumps,
 * all chosen at random from one seed. Checks that every promise holds at the end.
 * @throws Error that names the seed and what was wrong
 */
export async function playScenario(seed: number, ground: Ground): Promise<Story> {
  const random = createRandom(seed);
  const world = createWorld(random, ground);

  return await tellSeed(seed, world.log, async () => {
    const rounds = random.between(1, MAX_ROUNDS);
    for (let round = 0; round < rounds; round += 1) await world.playRound();
    await world.comeToAnEnd();
    return world.story();
  });
}

/** Adds the seed, and what happened, to an error. */
export async function tellSeed(
  seed: number,
  log: () => readonly string[],
  play: () => Promise<Story>,
): Promise<Story> {
  try {
    return await play();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`seed ${seed} (npm run soak -- --seed ${seed}): ${why}\n${log().join('\n')}`, { cause });
  }
}

function createWorld(random: Random, { files, turns }: Ground) {
  files.clear();
  const clock = createSimulatedClock(START_MS, turns);
  const disk = createSimulatedDisk();
  const server = createSimulatedServer(undefined, SERVER_PROFILES[random.pick(SERVERS)]);
  const path = join(ROOT, 'source.bin');
  const versions: { readonly md5: string; readonly content: Buffer }[] = [];
  const log: string[] = [];
  const faultShare = faultShareBy(random);
  const editShare = random.pick([0.02, 0.4]);
  const passShare = random.pick([0.05, 0.3]);
  const clockShare = random.pick([0, 0.3]);
  const repeatShare = random.pick([0, 0, 0.2]);
  const foreignShare = random.pick([0.05, 0.7]);
  // An old response may give an upload that has parts, of which only its record would tell.
  const pruneShare = repeatShare > 0 ? 0 : random.pick([0, 0, 0.3]);
  /**
   * Ids of files that a result or message named, or would have if the process had not died then.
   */
  const told = new Set<string>();
  const tell = (text: string) => {
    refuseKey(text);
    for (const [fileId] of text.matchAll(new RegExp(FILE_ID, 'g'))) told.add(fileId);
    // A message about an upload whose file the list does not show yet.
    for (const [uploadId] of text.includes('may have been completed') ? text.matchAll(/upload_\d+/g) : [])
      told.add(server.state.uploads[uploadId]?.file?.id ?? '');
  };
  const count = { runs: 0, completed: 0, kills: 0, failures: 0 };
  let [running, wasStopped] = [0, false];
  let isCalm = false;
  /**
   * A promise that a request has broken. If thrown, the library would take it for a network error.
   */
  let broken: string | undefined;
  let next: Command = {};
  /** Uploads of which nothing could be saved: the run was killed, or its request had no answer. */
  const lost = new Set<string>();
  /** Files that somebody else has made, of the same name. */
  const foreign = new Set<string>();
  /** The name of a record that was damaged. */
  let damaged: string | undefined;

  const options = optionsBy(random);
  const edit = (bytes: number) => {
    const content = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at += 1) content[at] = random.between(0, 255);
    // Replaced or written in place; either way at another time than before.
    files.write(path, content, random.chance(0.5));
    versions.push({ md5: createHash('md5').update(content).digest('hex'), content });
  };
  server.listLagSeconds = random.chance(0.1) ? 30 : 0;
  edit(random.between(20, 500));

  const link = createLink({
    server,
    random,
    now: clock.trueNow,
    faultShare: (path) => (isCalm ? 0 : faultShare(path)),
    isRepeated() {
      if (isCalm || !random.chance(repeatShare)) return false;
      // The record of the upload that had the id may go, and with it what tells its file from one that
      // is made in the same second.
      clock.pass(1000);
      return true;
    },
    onRequest(request) {
      broken ??= faultOfPart(request, (uploadId) => disk.values.get(uploadId), versions);
    },
  });

  /** Runs one process from its start to its end, whatever the end is. */
  const runOnce = async (command: Command): Promise<Ending> => {
    const stop = new AbortController();
    const at = () => random.between(1, 80);
    const diesAt = !isCalm && random.chance(0.3) ? at() : undefined;
    const atStep = new Map<number, () => void>();
    if (!isCalm && random.chance(0.1)) atStep.set(at(), () => stop.abort());
    if (!isCalm && random.chance(editShare))
      atStep.set(at(), () => edit(versions.at(-1)?.content.length ?? 1));
    const fullDiskShare = !isCalm && random.chance(0.1) ? 0.1 : 0;
    const process = createSimulatedProcess({ random, clock, atStep, diesAt, fullDiskShare });

    const deps = simulatedDependencies({
      process,
      state: { stateStore: disk.storeOf(process) },
      link,
      signal: stop.signal,
      concurrency: options.concurrency,
      retries: options.retries ?? 0,
      onEvent: (event) => {
        if (event.type === 'started') current = event.uploadId;
        if (event.type === 'progress' && process.isAlive()) refuseUnsaved(current, event);
        // The reason for skipping an upload names the file that it has created anyway.
        if ('reason' in event) tell(`${event.uploadId}: ${event.reason}`);
        if ('error' in event) refuseKey(event.error.message + event.error.hint);
      },
    });

    count.runs += 1;
    let current = '';
    const since = versions.length - 1;
    log.push(
      `${clock.trueNow() - START_MS} ms: ${JSON.stringify(command)}${diesAt ? `, dies at step ${diesAt}` : ''}`,
    );
    const { uploadId, reuploadChanged = false, isCancel = false } = command;

    try {
      if (uploadId !== undefined && isCancel) {
        await cancel(uploadId, options, deps);
        process.assertAlive();
        return { type: 'cancelled' };
      }
      const result = await (uploadId === undefined
        ? push(path, options, deps)
        : resume(uploadId, { ...options, reuploadChanged }, deps));
      process.assertAlive();
      check(result, uploadId === undefined ? since : 0);
      return { type: 'completed', result };
    } catch (error) {
      if (!process.isAlive()) return { type: 'killed' };
      if (!isUploadError(error)) throw error;
      return { type: 'failed', error };
    } finally {
      await deps.close();
    }
  };

  const check = (result: UploadResult, since: number) => {
    const file = server.state.files.find(({ id }) => id === result.fileId);
    if (file === undefined) throw new Error(`${result.fileId} was reported, and is not there`);
    if (!versions.slice(since).some(({ md5 }) => md5 === file.md5))
      throw new Error(`${result.fileId} has other bytes than the source`);
    refuseKey(JSON.stringify(result));
  };

  /** A part counts only once it is saved. A file in one part is saved with its end. */
  const refuseUnsaved = (
    uploadId: string,
    { acknowledgedParts, totalBytes, acknowledgedBytes }: Progress,
  ) => {
    const isInOnePart = acknowledgedParts === 1 && acknowledgedBytes === totalBytes;
    const saved = disk.values.get(uploadId);
    if (!isInOnePart && saved !== UNREADABLE && partsOf(saved).length < acknowledgedParts)
      broken ??= `${acknowledgedParts} parts of ${uploadId} have counted, ${partsOf(saved).length} are saved`;
  };

  /** An upload that cannot be saved is cancelled at once, unless the run is stopped or the link fails. */
  const refuseLost = () => {
    const open = Object.values(server.state.uploads).filter(({ status }) => status === 'pending');
    for (const { id } of open.filter((upload) => !disk.values.has(upload.id) && !lost.has(upload.id))) {
      if (!wasStopped && faultShare('') === 0) throw new Error(`${id} is open, and nobody knows it`);
      lost.add(id);
    }
    wasStopped = false;
  };

  const run = async (command: Command): Promise<Ending> => {
    running += 1;
    const ending = await runOnce(command);
    running -= 1;
    if (broken !== undefined) throw new Error(broken);
    // Every id comes from a printed command. A record is only deleted for one that gets its id.
    const mayBeForgotten = repeatShare > 0 || pruneShare > 0;
    if (ending.type === 'failed' && ending.error.code === 'session_unknown' && !mayBeForgotten)
      throw new Error(`a printed command names an unknown upload: ${command.uploadId}`);
    log.push(`  ${clock.trueNow() - START_MS} ms: ${summaryOf(ending)}`);
    const isStopped =
      ending.type === 'killed' || (ending.type === 'failed' && ending.error.code === 'interrupted');
    wasStopped ||= isStopped;
    if (running === 0) refuseLost();
    // It may have saved the file of an earlier run, and had no time to say so.
    if (isStopped) for (const { file } of records()) told.add(file?.id ?? '');
    if (ending.type === 'killed') count.kills += 1;
    if (ending.type === 'completed') {
      count.completed += 1;
      told.add(ending.result.fileId);
    }
    if (ending.type === 'failed') {
      count.failures += 1;
      tell(`${ending.error.facts.uploadId}: ${ending.error.message}`);
      refuseKey(ending.error.hint);
    }
    return ending;
  };

  /** Runs `prune`, which may be killed. What it has forgotten must be over. */
  const prune = async () => {
    const diesAt = random.chance(0.3) ? random.between(1, 20) : undefined;
    const process = createSimulatedProcess({ random, clock, atStep: new Map(), diesAt, fullDiskShare: 0 });
    log.push(`${clock.trueNow() - START_MS} ms: prune${diesAt ? `, dies at step ${diesAt}` : ''}`);
    const before = records();

    await pruneState({ stateStore: disk.storeOf(process) }, clock).catch((error: unknown) => {
      if (process.isAlive()) throw error;
    });

    for (const { uploadId, status } of before.filter((record) => !disk.values.has(record.uploadId))) {
      log.push(`  forgot ${uploadId}, ${status}`);
      lost.add(uploadId);
      const upload = server.state.uploads[uploadId];
      const isOpen = upload?.status === 'pending' && upload.expires_at * 1000 > clock.trueNow();
      if (isOpen && status === 'pending' && clockShare === 0)
        throw new Error(`prune has forgotten ${uploadId}, which could be continued`);
    }
    // Without the records, nothing tells their files from one that is made in the same second.
    clock.pass(1000);
  };

  /** Returns what the message says to run, or the same push again if it says nothing. */
  const adviceOf = (ending: Ending): Command => {
    if (ending.type !== 'failed') return {};
    const { error } = ending;
    const words = nextCommand({ error, subject: { path } }, { color: false })?.split(' ') ?? [];
    const uploadId = words.at(-1);
    if (uploadId === undefined || words[1] === 'push') return {};
    if (words[1] === 'cancel') return { uploadId, isCancel: true };
    return { uploadId, reuploadChanged: words.includes('--reupload-changed') };
  };

  /** Runs without faults, so the file must exist at the end. Returns the last command. */
  const succeed = async (first: Command): Promise<Command> => {
    let command = first;
    for (let tries = 0; tries < MAX_ADVICE; tries += 1) {
      const ending = await run(command);
      if (ending.type === 'completed' || isForThePersonToSay(ending)) return command;
      command = adviceOf(ending);
    }
    throw new Error('the file is not there, though nothing goes wrong any more');
  };

  const lastBytes = () => versions.at(-1)?.content.length ?? 1;

  /** A file of the same name, which is older than any upload, or of another size. */
  const addForeign = () => {
    const [bytes, madeAt] = random.pick([
      [lastBytes(), START_MS - 100_000],
      [lastBytes() + 1, clock.trueNow()],
    ] as const);
    const id = `file-9${String(foreign.size).padStart(5, '0')}`;
    foreign.add(id);
    const file = { object: 'file', bytes, filename: basename(path), purpose: options.purpose } as const;
    const made = {
      ...file,
      id,
      created_at: Math.floor(madeAt / 1000),
      status: 'processed',
      md5: '',
    } as const;
    server.state = { ...server.state, files: [...server.state.files, made] };
  };

  const refuseUntold = (files: ServerState['files']) => {
    const untold = files.find(({ id }) => !told.has(id) && !foreign.has(id));
    if (untold) throw new Error(`there is a file that nobody was told of: ${untold.id}`);
  };

  const records = (): readonly SessionRecord[] =>
    [...disk.values]
      .filter(([, value]) => value !== UNREADABLE)
      .map(([name, value]) => parseRecord(value, name));

  return {
    log: () => log,
    story: (): Story => ({ ...count, uploads: server.state.files.length - foreign.size, log }),

    async playRound() {
      if (random.chance(passShare)) clock.pass(random.pick([60_000, 3_600_000]));
      if (random.chance(clockShare)) clock.set(random.pick([-3_600_000, -300_000, 0, 300_000, 3_600_000]));
      if (random.chance(Math.max(0.1, editShare))) edit(random.pick([lastBytes(), 333]));
      if (random.chance(foreignShare)) addForeign();
      if (random.chance(pruneShare)) await clock.run(prune());

      if (damaged === undefined && random.chance(0.02)) {
        [damaged] = disk.values.keys();
        if (damaged !== undefined) disk.values.set(damaged, UNREADABLE);
      }

      const beside = async () => {
        await clock.sleep(random.between(0, 300));
        return await run(random.chance(0.5) ? next : {});
      };
      const [ending] = await clock.run(
        Promise.all(random.chance(0.15) ? [run(next), beside()] : [run(next)]),
      );
      next = random.chance(0.7) && ending ? adviceOf(ending) : {};
    },

    async comeToAnEnd() {
      isCalm = true;
      server.listLagSeconds = 0;
      if (damaged !== undefined) {
        // It may be about the file, so nothing may be begun.
        const uploads = Object.keys(server.state.uploads).length;
        const ending = await clock.run(run({}));
        const hasFailed = ending.type === 'failed' && ending.error.code === 'session_unreadable';
        if (!hasFailed || Object.keys(server.state.uploads).length > uploads)
          throw new Error('a record that nobody can read was taken for none');
        if (disk.values.get(damaged) !== UNREADABLE)
          throw new Error('a record that nobody can read was touched');
        return;
      }

      const { uploadId: resumed } = await clock.run(succeed(next));
      // Whoever has pushed these bytes, and was told of one file, must not have two. With changed parts
      // sent again, a resume may come to the bytes that a push beside it has sent, too.
      const { md5 } = versions.at(-1) ?? {};
      if (resumed === undefined) refuseUntold(server.state.files.filter((file) => file.md5 === md5));

      const unfinished = records().filter(({ status }) => status === 'pending' || status === 'completing');
      for (const { uploadId } of unfinished) await clock.run(run({ uploadId }));

      refuseUntold(server.state.files);

      const [lock] = disk.locks();
      if (lock !== undefined) throw new Error(`the lock ${lock} is left`);
      refuseKey(JSON.stringify([...disk.values.values()]));
    },
  };
}

/**
 * The server's list does not show which upload a file belongs to, so the message names the
 * candidates and leaves the choice to the user; see docs/resume.md.
 */
function isForThePersonToSay(ending: Ending): boolean {
  if (ending.type !== 'failed' || ending.error.code !== 'completion_unknown') return false;
  return FILE_ID.test(ending.error.message);
}

export function optionsBy(random: Random): PushOptions {
  const partBytes = random.pick([undefined, 60, 100, 300]);
  const concurrency = random.pick([undefined, 1, 3]);

  return {
    purpose: 'user_data',
    mimeType: 'application/octet-stream',
    ...(partBytes === undefined ? { minPartBytes: 100 } : { partBytes }),
    ...(concurrency !== undefined && { concurrency }),
    md5: random.chance(0.7),
    retries: random.pick([0, 2, 5]),
    stallTimeoutMs: 2000,
    ifNotUploaded: random.chance(0.2),
    waitLockMs: random.pick([0, 60_000]),
  };
}

function summaryOf(ending: Ending): string {
  if (ending.type === 'completed') return `completed as ${ending.result.fileId}`;
  if (ending.type === 'cancelled') return 'cancelled';
  return ending.type === 'failed' ? `${ending.error.code}: ${ending.error.message}` : 'killed';
}
