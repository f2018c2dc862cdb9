import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionRecord } from '../../src/sessions/record.ts';
import { BINARY } from '../helpers/run-cli.ts';
import { savedRecord } from '../helpers/saved-record.ts';
import { type DemoVerdict, judgeDemo } from './judge-demo.ts';
import { API_KEY, type ServerProcess, startServerProcess } from './server-process.ts';
import { type ChildRun, startChild } from './start-child.ts';
import { writeBatchFile } from './write-batch-file.ts';

export interface DemoOptions {
  /** Where the demo makes its folder. */
  readonly within: string;
  readonly bytes: number;
  /** Of all requests together, as the server reads them. */
  readonly bytesPerSecond: number;
  /** Further flags for the push. */
  readonly pushFlags: readonly string[];
  readonly say: (line: string) => void;
  /** Where the progress of push and resume goes. */
  readonly stderr: 'inherit' | 'ignore';
  /** Ends everything; `runDemo` rejects once nothing is left behind. */
  readonly signal: AbortSignal;
}

/** The main job: push, kill half-way, resume, compare. Leaves no process and no file behind, however it ends. */
export async function runDemo(options: DemoOptions): Promise<DemoVerdict> {
  const folder = await mkdtemp(join(options.within, 'openai-upload-demo-'));
  const children: ChildRun[] = [];
  // Whatever ends the story, a dead server or Ctrl-C, ends all of it.
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  try {
    return await tell(
      { ...options, signal },
      { folder, children, fail: (why) => failed.abort(new Error(why)) },
    );
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly folder: string;
  readonly children: ChildRun[];
  readonly fail: (why: string) => void;
}

async function tell(options: DemoOptions, { folder, children, fail }: Stage): Promise<DemoVerdict> {
  const { say, signal } = options;
  const stateDir = join(folder, 'state');
  const path = join(folder, 'requests.jsonl');
  const file = await writeBatchFile(path, options.bytes);
  say(`Wrote ${count(file.lines)} batch requests, ${count(file.bytes)} bytes, to ${path}`);

  const server = await startServerProcess({ ...options, store: join(folder, 'store') });
  children.push(server.run);
  void server.run.ended.then(() => fail('the local server has ended'));
  say(
    `Started the local server on ${server.baseUrl}; it reads ${count(options.bytesPerSecond)} bytes a second`,
  );

  const command = (args: readonly string[]) => {
    say(`\n$ openai-upload ${args.join(' ')}`);
    const env = {
      // Nothing of the demo stays in the user's home, and no settings in it count.
      HOME: folder,
      OPENAI_API_KEY: API_KEY,
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_UPLOAD_STATE_DIR: stateDir,
    };
    const child = startChild({ script: BINARY, args, env, stderr: options.stderr, cwd: folder, signal });
    children.push(child);
    return child;
  };

  const pushedAt = performance.now();
  const push = command(['push', 'requests.jsonl', '--purpose', 'batch', ...options.pushFlags]);
  await untilHalfIsSaved(stateDir, push, signal);
  await push.kill();
  const secondsBefore = secondsSince(pushedAt);
  const recordAtKill = (await onlyRecord(stateDir)) as SessionRecord;
  const parts = partsOf(recordAtKill);
  say(`\nKilled with SIGKILL: ${recordAtKill.parts.length} of ${parts} parts were acknowledged.`);
  const partsBefore = await settledParts(server, signal);

  const resumedAt = performance.now();
  const resume = command(['resume', recordAtKill.uploadId]);
  const { code } = await resume.ended;
  signal.throwIfAborted();
  const secondsAfter = secondsSince(resumedAt);
  say(resume.stdout().trimEnd());

  return judgeDemo({
    file: { bytes: file.bytes, md5: await md5Of(path) },
    recordAtKill,
    recordAtEnd: (await onlyRecord(stateDir)) as SessionRecord,
    partsBefore,
    partsAfter: (await settledParts(server, signal)).slice(partsBefore.length),
    parts,
    secondsBefore,
    secondsAfter,
    resume: { code, stdout: resume.stdout() },
    served: await server.files(),
  });
}

/** @throws Error when the push ends by itself */
async function untilHalfIsSaved(stateDir: string, push: ChildRun, signal: AbortSignal): Promise<void> {
  for (;;) {
    const record = await onlyRecord(stateDir);
    if (record && record.parts.length >= partsOf(record) / 2) return;
    const { exitCode, signalCode } = push.child;
    signal.throwIfAborted();
    if (exitCode !== null || signalCode !== null)
      throw new Error(`push ended with ${exitCode ?? signalCode} before it could be killed`);
    await sleep(20, undefined, { signal });
  }
}

/** The one session there is, as it is on disk; undefined until it is there. */
async function onlyRecord(stateDir: string): Promise<SessionRecord | undefined> {
  const names = await readdir(stateDir).catch(() => []);
  const name = names.find((name) => name.endsWith('.json'));
  return name === undefined ? undefined : savedRecord(join(stateDir, name));
}

/** The server's log of part requests, once none is open: it needs a moment to see that a client is gone. */
async function settledParts(server: ServerProcess, signal: AbortSignal) {
  for (;;) {
    const parts = (await server.requests()).filter(({ call }) => call === 'part');
    if (parts.every(({ endedAtMs }) => endedAtMs !== null)) return parts;
    await sleep(20, undefined, { signal });
  }
}

function partsOf({ source, partBytes }: SessionRecord): number {
  return Math.ceil(source.bytes / (partBytes ?? source.bytes));
}

async function md5Of(path: string): Promise<string> {
  const md5 = createHash('md5');
  await pipeline(createReadStream(path), md5);
  return md5.digest('hex');
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
