import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PushOptions, SplitOptions, UploadEvent } from '../../../src/index.ts';
import { listJobs, pruneJobs } from '../../../src/job/jobs.ts';
import { openJobWith } from '../../../src/job/open-job.ts';
import { pruneSessions } from '../../../src/local/local.ts';
import { pushPieces } from '../../../src/split/push-split.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import { makeFile } from '../make-file.ts';
import { recoveredSessionsIn } from '../sessions.ts';
import { BASE_URL } from '../simulation/simulated-process.ts';
import { createSimulatedServer, type ServerState } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { PART_BYTES } from './pushes.ts';
import { type Recorded, record } from './recorded.ts';
import type { StateLeft } from './survive-power-cuts.ts';

/** What is done for a job: several files, with the journal in the state directory or in a manifest, or a split. */
export interface JobWork {
  readonly kind: 'job' | 'manifest' | 'split';
  /** Each is a file. A split has one, which becomes several. */
  readonly sources: readonly string[];
  /** The MD5 of each file that the server has at the end, by its name. */
  readonly md5s: Readonly<Record<string, string>>;
  readonly options: PushOptions;
  readonly splitLines: number;
}

/**
 * Runs the work as the command line does, with the state in a folder.
 * @param onEvent called with the events of each file or piece, by its name or number
 * @throws the error of the last failure
 */
export async function runJob(
  work: JobWork,
  place: string,
  deps: Dependencies,
  onEvent: (event: UploadEvent, of: string) => void = () => undefined,
): Promise<void> {
  const { kind, sources, options } = work;
  const stateDir = join(place, 'state');
  const request = {
    wanted: { sources },
    cwd: dirname(sources[0] ?? ''),
    isForPieces: kind === 'split',
    ...(kind === 'manifest' && { manifest: join(place, 'manifest.jsonl') }),
  };
  const job = await openJobWith(request, { ...options, stateDir }, deps);
  let failure: unknown;

  try {
    const outcomes =
      kind === 'split'
        ? pushPieces(
            sources[0] ?? '',
            {
              ...splitOptions(work, stateDir, job.manifestOf(sources[0] ?? '')),
              onPieceEvent: (event, { number }) => onEvent(event, String(number)),
            },
            deps,
          )
        : job.pushAll(
            sources.map((source) => ({
              source,
              options: { ...options, onEvent: (event) => onEvent(event, source) },
            })),
          );
    for await (const outcome of outcomes) if (outcome.status === 'failed') failure = outcome.error;
    if (failure === undefined) await job.finish();
  } finally {
    await job.close();
  }

  if (failure !== undefined) throw failure;
}

function splitOptions({ options, splitLines }: JobWork, stateDir: string, manifest: string): SplitOptions {
  return { ...options, stateDir, purpose: 'batch', splitLines, manifest, replaceManifest: true };
}

const FILES = 3;
const PARTS = 3;
const SPLIT_LINES = 2;

/** Records a job of several parts, with a failure in between. */
export async function recordJob(
  folder: string,
  kind: JobWork['kind'],
): Promise<{ readonly work: JobWork; readonly recorded: Recorded }> {
  const options = {
    purpose: kind === 'split' ? 'batch' : 'user_data',
    mimeType: 'application/octet-stream',
    partBytes: PART_BYTES,
    concurrency: 2,
    retries: 0,
    check: false,
  };
  const files = kind === 'split' ? writeBatch(folder) : await makeFiles(folder, kind);
  const work = { kind, ...files, options, splitLines: SPLIT_LINES };
  return { work, recorded: await record(folder, kind, work) };
}

async function makeFiles(folder: string, kind: string): Promise<Pick<JobWork, 'sources' | 'md5s'>> {
  const sources = Array.from({ length: FILES }, (_, index) => join(folder, `${kind}-${index}.bin`));
  const md5s = await Promise.all(
    sources.map(async (source, index) => [
      basename(source),
      await makeFile(source, PARTS * PART_BYTES, index + 1),
    ]),
  );
  return { sources, md5s: Object.fromEntries(md5s) };
}

function writeBatch(folder: string): Pick<JobWork, 'sources' | 'md5s'> {
  const source = join(folder, 'batch.jsonl');
  const lines = Array.from({ length: FILES * SPLIT_LINES }, (_, index) => {
    const content = `${index}`.repeat(PART_BYTES);
    const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content }] };
    return `${JSON.stringify({ custom_id: `${index}`, method: 'POST', url: '/v1/chat/completions', body })}\n`;
  });
  writeFileSync(source, lines.join(''));

  const md5s = Array.from({ length: FILES }, (_, index) => {
    const piece = lines.slice(index * SPLIT_LINES, (index + 1) * SPLIT_LINES).join('');
    return [
      `batch.${String(index + 1).padStart(5, '0')}.jsonl`,
      createHash('md5').update(piece).digest('hex'),
    ];
  });
  return { sources: [source], md5s: Object.fromEntries(md5s) };
}

/** From what is left, the same job has to come to each of its files, and to leave nothing behind. */
export async function surviveJob(
  work: JobWork,
  { place, server: state, refuseAgain }: StateLeft,
): Promise<void> {
  const stateDir = join(place, 'state');
  const options = { stateDir, baseUrl: BASE_URL };
  const server = createSimulatedServer(state);
  const deps = steadyDependencies({ server, stateDir, onRequest: refuseAgain });
  const { unusable } = await (await recoveredSessionsIn(stateDir)).list();
  if (unusable[0]) throw unusable[0];

  const jobs = namesIn(join(stateDir, 'jobs')).filter((name) => /^job_\w+\.jsonl$/.test(name));
  const isOver = jobs.length > 0 && (await listJobs(options)).length === 0;
  // The same job would start over, as it was asked for.
  if (!isOver) await runJob(work, place, deps);

  refuseOtherFiles(server.state, work);
  refuseBegunAnew(state, server.state);

  const { failed } = await pruneSessions(options);
  if (failed[0]) throw failed[0];
  await pruneJobs(options);
  refuseLeftovers(stateDir);
}

function refuseOtherFiles({ files }: ServerState, { md5s }: JobWork): void {
  const found = files.map(({ filename, md5 }) => `${filename} ${md5}`).sort();
  const wanted = Object.entries(md5s).map(([name, md5]) => `${name} ${md5}`);
  if (found.join() !== wanted.sort().join())
    throw new Error(`the files on the server: ${JSON.stringify(files)}`);
}

/** An upload that has parts is saved for certain, so no other one is begun in its place. */
export function refuseBegunAnew(before: ServerState, after: ServerState): void {
  for (const { id, filename, parts, status } of Object.values(before.uploads)) {
    if (status !== 'pending') continue;
    const others = Object.values(after.uploads).filter((other) => other.filename === filename);
    if (Object.keys(parts).length > 0 && others.some((other) => other.id > id))
      throw new Error(`${id} had parts, and was begun anew`);
  }
}

/** Nothing but what is kept on purpose is there after everything was done and pruned. */
export function refuseLeftovers(stateDir: string): void {
  const kept = /^(ledger|links|sources|jobs|spool)(\/|$)/;
  const left = namesIn(stateDir).filter((name) => !kept.test(name));
  for (const folder of ['jobs', 'spool'])
    left.push(...namesIn(join(stateDir, folder)).map((name) => join(folder, name)));
  for (const folder of ['ledger', 'links', 'sources'])
    left.push(
      ...namesIn(join(stateDir, folder))
        .filter((name) => name.includes('.lock') || /\.json\./.test(name))
        .map((name) => join(folder, name)),
    );
  if (left.length > 0) throw new Error(`these are left: ${left.join(', ')}`);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
