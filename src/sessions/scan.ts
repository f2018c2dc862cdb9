import { on } from 'node:events';
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemCode } from '../model/errors.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { unreadable } from '../model/session-errors.ts';
import { type Chunk, readFiles } from './read-files.js';

/** A value of a store, as met during a scan. */
export interface Scanned {
  readonly name: string;
  /** Whether nobody had locked it when the scan began. */
  readonly isFree: boolean;
  /** Undefined if it must be read by its name, which also says what is wrong with it. */
  readonly value?: unknown;
}

/** Reading this many files takes 60 ms, about as long as a thread takes to start. */
const MANY = 3000;

/** How many chunks a thread may be ahead, at two megabytes each. */
const CHUNKS_AHEAD = 2;

/**
 * Goes through all files of a directory in the order of their names, some at a time. Very many are
 * read by a thread while those before are worked on.
 * @throws UploadError `session_unreadable` if the directory cannot be read; the signal's reason
 */
export async function* scanFiles(
  directory: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Scanned[]> {
  const all = filesIn(directory);
  const among = (ending: string) => new Set(all.filter((file) => file.endsWith(ending)));
  const [locks, journals] = [among('.lock'), among('.json.journal')];
  const files = all.filter((file) => file.endsWith('.json') && file !== CONFIG_FILE);

  const scanned = (file: string, text: Buffer): Scanned => {
    const name = file.slice(0, -'.json'.length);
    const value = journals.has(`${file}.journal`) ? undefined : parseQuickly(text);
    return { name, isFree: !locks.has(`${name}.lock`), value };
  };

  let from = 0;
  for await (const { bytes, ends } of readAhead(directory, files, signal)) {
    signal?.throwIfAborted();
    const text = Buffer.from(bytes.buffer);
    yield ends.map((end, at) => scanned(files[from + at] as string, text.subarray(ends[at - 1] ?? 0, end)));
    from += ends.length;
  }
}

/** Limits and permissions may keep a thread from starting or going on. The rest is then read without it. */
const THREAD_REFUSED: readonly unknown[] = [
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_ACCESS_DENIED',
];

async function* readAhead(
  directory: string,
  files: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  let count = 0;

  if (files.length >= MANY)
    try {
      for await (const chunk of readInThread(directory, files, signal)) {
        count += chunk.ends.length;
        yield chunk;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!THREAD_REFUSED.includes(systemCode(error))) throw error;
    }

  for (const chunk of readFiles({ directory, files: files.slice(count) })) {
    await setImmediate();
    yield chunk;
  }
}

async function* readInThread(
  directory: string,
  files: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  const { Worker } = await import('node:worker_threads');
  const workerData = { directory, files };
  const worker = new Worker(new URL('./read-files-worker.js', import.meta.url), { workerData });

  try {
    for (let ahead = 0; ahead < CHUNKS_AHEAD; ahead += 1) worker.postMessage('more');

    let count = 0;
    for await (const [chunk] of on(worker, 'message', { close: ['exit'], ...(signal && { signal }) })) {
      worker.postMessage('more');
      // Node passes on all that the thread sends before it hears a signal, also what comes meanwhile.
      await setImmediate();
      yield chunk;
      count += chunk.ends.length;
      if (count === files.length) return;
    }
  } finally {
    worker.terminate();
  }
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}

/** Returns undefined if it is not an object. */
function parseQuickly(text: Buffer): unknown {
  if (text.length === 0) return undefined;

  try {
    const value: unknown = JSON.parse(text.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
