import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { takeFileLock } from '../lock/acquire.ts';
import { thisOwner } from '../lock/owner.ts';
import type { Clock } from '../model/clock.ts';
import { readFileIfThere, removeFile } from '../model/file-access.ts';
import { digestOf, type Line, segmentName } from './recover-commits.ts';
import { dataSync, makeFolder, replaceFile, syncDirectory } from './saved-file.ts';
import { syncFiles } from './sync-files.ts';

/**
 * Saves what many uploads write at the same time. Each text first becomes a line of the log, and
 * lines that arrive while the disk is busy share its next sync. The files themselves are synced
 * much later, all together. Until then a power cut may undo or damage them, so the next process to
 * open the state directory writes them again from the log.
 */
export interface CommitLog {
  /**
   * Like `writeSavedFile`; `null` stands for a deleted file.
   * @throws system errors; after one, every call throws the same
   */
  write(path: string, text: string | null): Promise<void>;
  /** Syncs the files and deletes the log. If that fails, the log stays for the next run. */
  close(): Promise<void>;
}

/** Room for the lines of about two thousand small files. */
const MAX_BYTES = 8 * 1024 * 1024;

const logs = new Map<string, CommitLog>();

/** Returns the log of a state directory, if this process has one. */
export function commitLogOf(directory: string): CommitLog | undefined {
  return logs.get(resolve(directory));
}

/**
 * Saves all sessions and the ledger of a state directory through a log until it is closed. After
 * `maxBytes`, a new file of the log begins.
 */
export function openCommitLog(directory: string, clock: Clock, maxBytes = MAX_BYTES): CommitLog {
  const place = resolve(directory);
  // When two jobs of a process share a log, the job that opened it also closes it.
  if (logs.has(place)) return { write: async () => undefined, close: async () => undefined };

  const { token } = thisOwner();
  let number = 0;
  const nextSegment = (ready: Promise<unknown>) => {
    number += 1;
    return openSegment({ directory: place, token, number }, clock, ready);
  };
  let segment = nextSegment(Promise.resolve());
  let flushed: Promise<unknown> = Promise.resolve();

  const log: CommitLog = {
    write(path, text) {
      if (segment.bytes() > maxBytes) {
        const full = segment;
        // Closes one segment at a time, to bound what waits to be synced.
        const before = Promise.all([full.written(), flushed]);
        flushed = before.then(() => full.close()).catch(() => undefined);
        segment = nextSegment(before);
      }
      return segment.add(path, text);
    },
    async close() {
      logs.delete(place);
      await flushed;
      await segment.close();
    },
  };
  logs.set(place, log);
  return log;
}

interface Waiting extends Line {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface SegmentPlace {
  readonly directory: string;
  /** Of the whole log. */
  readonly token: string;
  readonly number: number;
}

/** Opens one file of the log. Nothing is written before `ready` resolves. */
function openSegment({ directory, token, number }: SegmentPlace, clock: Clock, ready: Promise<unknown>) {
  const waiting: Waiting[] = [];
  const paths = new Set<string>();
  const place = join(directory, 'jobs', segmentName(token, number));
  let [bytes, latest] = [0, ready];
  let failure: { readonly cause: unknown } | undefined;
  let file: number | undefined;
  let release: () => Promise<void> = async () => undefined;

  const begin = () => {
    makeFolder(dirname(place));
    const lock = takeFileLock(`${place}.lock`, clock);
    if ('release' in lock) release = lock.release;
    const begun = openSync(place, 'ax', 0o600);
    syncDirectory(dirname(place));
    return begun;
  };

  const commit = async () => {
    const batch = waiting.splice(0);
    if (batch.length === 0) return;

    try {
      if (failure) throw failure.cause;
      file ??= begin();
      const lines = batch.map(({ path, text, of }) => `${JSON.stringify({ path, text, of })}\n`);
      writeFileSync(file, lines.join(''));
      await dataSync(file);
      // An empty file is an index entry, which exists already.
      for (const { path, text } of batch) if (text) replaceFile(join(directory, path), text, { token });
      for (const each of batch) each.resolve();
    } catch (cause) {
      failure ??= { cause };
      for (const { reject } of batch) reject(cause);
    }
  };

  return {
    bytes: () => bytes,
    written: () => latest,
    add(path: string, text: string | null): Promise<void> {
      const of = text === '' || paths.has(path) ? null : digestOf(readFileIfThere(path));
      paths.add(path);
      bytes += path.length + (text?.length ?? 0);
      return new Promise<void>((resolve, reject) => {
        waiting.push({ path: relative(directory, path), text, of, resolve, reject });
        latest = latest.then(commit);
      });
    },
    async close(): Promise<void> {
      await latest;
      if (file !== undefined) {
        closeSync(file);
        await syncFiles(directory, [...paths])
          .then(() => {
            if (failure) return;
            // A log that a power cut brings back would bring back what was forgotten meanwhile.
            removeFile(place);
            syncDirectory(dirname(place));
          })
          .catch(() => undefined);
      }
      await release().catch(() => undefined);
    },
  };
}
