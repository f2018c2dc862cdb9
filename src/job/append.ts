import { type BigIntStats, constants, fstatSync, readSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../sessions/saved-file.ts';
import { disturbed, unwritable } from './job-journal.ts';
import type { Fields } from './journal-entry.ts';
import { openRegularHandle } from './journal-lines.ts';

/** Appends lines to a journal. */
export interface Appender {
  /** File descriptor of the journal, also open for reading. */
  readonly fd: number;
  /** Resolves once the line is on the disk. @throws UploadError `manifest_unusable` */
  add(line: object): Promise<void>;
  close(): Promise<void>;
}

const NEWLINE = 0x0a;
const LOOK_BYTES = 64 * 1024;

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens a journal for appending. Lines that arrive during a write are written together next, with
 * one sync. An incomplete last line, left by a crash, is cut off first.
 * @param lock taken for each write if several processes write to the journal
 * @throws UploadError `manifest_unusable`
 */
export async function openAppender(
  path: string,
  lock?: () => Promise<{ release(): Promise<void> }>,
): Promise<Appender> {
  // Reading is needed too, to look at the end.
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const file = await openRegularHandle(path, O_APPEND | O_CREAT | O_RDWR).catch((cause) => {
    throw unwritable(path, cause);
  });
  const waiting: Waiting[] = [];
  let isMended = false;
  /** Whether its name is on the disk. A run that was killed may have created the file just before. */
  let isNamed = false;
  let knownBytes = 0;
  let latest: Promise<void> = Promise.resolve();

  const write = async () => {
    const batch = waiting.splice(0);
    if (batch.length === 0) return;

    try {
      const held = await lock?.();
      try {
        assertUndisturbed(file.fd, path, knownBytes);
        if (!isMended || held) await mend(file);
        isMended = false;
        const lines = Buffer.from(batch.map(({ text }) => text).join(''));
        await file.appendFile(lines);
        await file.datasync();
        if (!isNamed) syncDirectory(dirname(path));
        [isMended, isNamed] = [true, true];
        // Again, for what has happened meanwhile.
        assertUndisturbed(file.fd, path, knownBytes + lines.length);
        knownBytes = fstatSync(file.fd).size;
      } finally {
        await held?.release();
      }
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const error = unwritable(path, cause);
      for (const { reject } of batch) reject(error);
    }
  };

  return {
    fd: file.fd,
    add(line) {
      return new Promise((resolve, reject) => {
        waiting.push({ text: `${JSON.stringify(line)}\n`, resolve, reject });
        latest = latest.then(write);
      });
    },
    close: () => latest.then(() => file.close()),
  };
}

/**
 * A line that goes into a file that nobody finds any more would be lost, and so would those before it.
 * @throws UploadError `manifest_unusable`
 */
function assertUndisturbed(file: number, path: string, knownBytes: number): void {
  const ours = fstatSync(file, { bigint: true });
  const there = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!isSameFile(ours, there) || ours.size < knownBytes) throw disturbed(path);
}

type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/**
 * Whether an open file is the one at a path. On Windows, Node 22.12 to 24.1 give another `dev` for a
 * path than for the open file.
 */
export function isSameFile(
  open: Identity,
  there: Identity | undefined,
  platform: NodeJS.Platform = process.platform,
): boolean {
  return there?.ino === open.ino && (platform === 'win32' || there.dev === open.dev);
}

/** Cuts off anything after the last line break, because half a line would spoil the next one. */
async function mend(file: FileHandle): Promise<void> {
  const { size } = await file.stat();

  for (let end = size; end > 0; end -= LOOK_BYTES) {
    const start = Math.max(0, end - LOOK_BYTES);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const newline = buffer.lastIndexOf(NEWLINE);
    if (newline < 0 && start > 0) continue;
    if (start + newline + 1 < size) await file.truncate(start + newline + 1);
    return;
  }
}

/** How much is read at once. A run mostly asks for the lines in order. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Reads lines by their offsets, synchronously: a thread costs ten times as much as the read. The
 * function throws UploadError `manifest_unusable` if the lines are no longer there.
 */
export function openLines(file: number, path: string): (offset: number) => Fields {
  let block = Buffer.alloc(BLOCK_BYTES);
  let [start, length] = [0, 0];
  const parseLine = (text: string) => {
    try {
      return JSON.parse(text);
    } catch {
      throw disturbed(path);
    }
  };

  return function lineAt(offset): Fields {
    const from = offset - start;
    const end = from >= 0 && from < length ? block.subarray(0, length).indexOf('\n', from) : -1;
    if (end >= 0) return parseLine(block.toString('utf8', from, end));

    // A line that starts the block but has no end in it needs a larger block.
    if (from === 0 && length === block.length) block = Buffer.alloc(4 * block.length);
    else if (from === 0 && length > 0) throw disturbed(path);
    [start, length] = [offset, readSync(file, block, 0, block.length, offset)];
    if (length === 0) throw disturbed(path);
    return lineAt(offset);
  };
}
