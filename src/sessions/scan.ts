import { on } from 'node:events';
import { opendirSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemCode } from '../model/errors.ts';
import { CONFIG_FILE } from '../model/platform.ts';
import { unreadable } from '../model/session-errors.ts';
import { MAX_FILE_BYTES, readFiles } from './read-files.js';

/** A value of a store, as met during a scan. */
export interface Scanned {
  readonly name: string;
  /** Whether nobody had locked it when the scan began. */
  readonly isFree: boolean;
  /** Undefined if it must be read by its name, which also says what is wrong with it. */
  readonly value?: unknown;
}

/** How to go through very many files. */
export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** Read in a thread, which takes a third less time and 40 MB more. */
  readonly inThread?: boolean;
}

/** Reading this many files takes 60 ms, about as long as a thread takes to start. */
const MANY = 3000;

/** Reading and parsing so many takes 10 ms. Beside that, a message between threads costs little. */
const FILES_AT_ONCE = 250;

/** Room for 16 KB each. Those for which there is none are read in the ordinary way. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** While some files are worked on, the next are being read. */
const BUFFERS = 2;

/** Limits and permissions may keep a thread from starting or going on. The rest is then read without it. */
const THREAD_REFUSED: readonly unknown[] = [
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_ACCESS_DENIED',
];

interface FilesRead {
  readonly files: readonly string[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each file ends, of those that had room. */
  readonly ends: readonly number[];
}

/**
 * Goes through all files of a directory in the order of their names, some at a time. A thread may
 * read the next ones while those before are worked on.
 * @throws UploadError `session_unreadable` if the directory cannot be read; the signal's reason
 */
export async function* scanFiles(
  directory: string,
  { signal, inThread = false }: ScanOptions,
): AsyncGenerator<readonly Scanned[]> {
  // Before the files are listed, which takes about as long as a thread takes to start.
  const thread = inThread && holdsMany(directory) ? await startThread(signal) : undefined;

  try {
    const all = filesIn(directory);
    const among = (ending: string) => new Set(all.filter((file) => file.endsWith(ending)));
    const [locks, journals] = [among('.lock'), among('.json.journal')];
    const records = all.filter((file) => file.endsWith('.json') && file !== CONFIG_FILE);

    const scanned = (file: string, text: string): Scanned => {
      const name = file.slice(0, -'.json'.length);
      const value = journals.has(`${file}.journal`) ? undefined : parseQuickly(text);
      return { name, isFree: !locks.has(`${name}.lock`), value };
    };

    for await (const { files, bytes, ends } of readAll(directory, records, thread, signal)) {
      signal?.throwIfAborted();
      const text = Buffer.from(bytes.buffer);
      yield files.map((file, at) => scanned(file, text.toString('utf8', ends[at - 1] ?? 0, ends[at] ?? 0)));
    }
  } finally {
    thread?.worker.terminate();
  }
}

function holdsMany(directory: string): boolean {
  try {
    const folder = opendirSync(directory, { bufferSize: MANY });
    try {
      for (let count = 0; count < MANY; count += 1) if (folder.readSync() === null) return false;
      return true;
    } finally {
      folder.closeSync();
    }
  } catch {
    // Listing the files says what is wrong.
    return false;
  }
}

type Thread = NonNullable<Awaited<ReturnType<typeof startThread>>>;

async function startThread(signal: AbortSignal | undefined) {
  const { Worker } = await import('node:worker_threads');

  try {
    const worker = new Worker(new URL('./read-files-worker.js', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    return { worker, answers: on(worker, 'message', { close: ['exit'], ...(signal && { signal }) }) };
  } catch (error) {
    if (!THREAD_REFUSED.includes(systemCode(error))) throw error;
    return undefined;
  }
}

async function* readAll(
  directory: string,
  files: readonly string[],
  thread: Thread | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<FilesRead> {
  let count = 0;

  if (thread)
    try {
      for await (const read of readInThread(directory, files, thread)) {
        yield read;
        count += read.files.length;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!THREAD_REFUSED.includes(systemCode(error))) throw error;
    }

  // Most folders hold few records, and need little room.
  const bytes = new Uint8Array(Math.min(BYTES_AT_ONCE, (files.length - count) * MAX_FILE_BYTES));
  for (; count < files.length; count += FILES_AT_ONCE) {
    await setImmediate();
    const some = files.slice(count, count + FILES_AT_ONCE);
    yield { files: some, bytes, ends: readFiles({ directory, files: some, bytes }) };
  }
}

/** Use each result before you ask for the next one: its bytes then go back to the thread. */
async function* readInThread(
  directory: string,
  files: readonly string[],
  { worker, answers }: Thread,
): AsyncGenerator<FilesRead> {
  let asked = 0;
  const ask = (bytes: Uint8Array<ArrayBuffer>) => {
    const some = files.slice(asked, asked + FILES_AT_ONCE);
    asked += some.length;
    if (some.length > 0) worker.postMessage({ directory, files: some, bytes }, [bytes.buffer]);
  };
  for (let buffer = 0; buffer < BUFFERS; buffer += 1) ask(new Uint8Array(BYTES_AT_ONCE));

  for (let count = 0; count < files.length; ) {
    const { value, done } = await answers.next();
    // It has ended by itself.
    if (done) return;

    const [{ bytes, ends }] = value;
    const some = files.slice(count, count + FILES_AT_ONCE);
    // Node passes on all that the thread sends before it hears a signal, also what comes meanwhile.
    await setImmediate();
    yield { files: some, bytes, ends };
    count += some.length;
    ask(bytes);
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
function parseQuickly(text: string): unknown {
  if (text === '') return undefined;

  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
