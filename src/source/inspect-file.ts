import { type BigIntStats, constants, statSync } from 'node:fs';
import { access, type FileHandle, lstat, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode, UploadError } from '../model/errors.ts';
import { AT_ONCE, kindOf, openPatiently } from '../model/file-access.ts';
import { hint, option } from '../model/hint.ts';

/**
 * The facts that show whether a file has changed. Times are in nanoseconds. Large numbers are text,
 * so JSON keeps every digit.
 */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
}

/**
 * Inspects a file without opening it, because opening a FIFO or a device may block.
 * @throws UploadError `source_not_found`, `source_unreadable`, `source_not_a_file`
 */
export async function inspectFile(file: string): Promise<SourceFile> {
  // An empty name would resolve to the current directory. Most likely a variable in a script is
  // unset.
  if (file === '') throw notFound('the name of the file is empty', { hint: 'Was a variable empty?' });

  const source = await lookAt(resolve(file));
  await access(source.path, constants.R_OK).catch((cause) => {
    throw unreadable(source.path, cause);
  });

  return source;
}

/** Like `inspectFile`, for an absolute path whose file is open or need not be. @throws as it does */
export async function lookAt(path: string): Promise<SourceFile> {
  const stats = await statSource(path);
  if (!stats.isFile()) throw notAFile(path, stats);
  return describe(path, stats);
}

/**
 * Like `inspectFile` at a tenth of the cost, for a file that is probably done already. Undefined
 * when it is not a file or cannot be inspected; `inspectFile` says why.
 */
export function glanceAt(path: string): SourceFile | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? describe(path, stats) : undefined;
  } catch {
    return undefined;
  }
}

/** Opens a file to read it. @throws UploadError `source_unreadable` */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await openPatiently(path, constants.O_RDONLY | AT_ONCE);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function describe(path: string, stats: BigIntStats): SourceFile {
  return {
    path,
    bytes: Number(stats.size),
    modifiedNs: String(stats.mtimeNs),
    changedNs: String(stats.ctimeNs),
    inode: String(stats.ino),
  };
}

/**
 * Whether size, times and inode are the same. If they are not, only the bytes can show a change.
 */
export function isUntouched(before: SourceFile, now: SourceFile): boolean {
  return (
    before.bytes === now.bytes &&
    before.modifiedNs === now.modifiedNs &&
    before.changedNs === now.changedNs &&
    before.inode === now.inode
  );
}

async function statSource(path: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true });
  } catch (cause) {
    const code = systemCode(cause);
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ENAMETOOLONG') throw unreadable(path, cause);

    const isBrokenLink = await lstat(path).then(
      () => true,
      () => false,
    );
    const message = isBrokenLink
      ? `${path} is a link to a file that does not exist`
      : `${path} does not exist`;
    throw notFound(message, { hint: pathHint(path), path, cause });
  }
}

function notFound(
  message: string,
  { hint, ...facts }: { hint: string; path?: string; cause?: unknown },
): UploadError {
  return new UploadError('source_not_found', { message, hint }, facts);
}

/** Node replaces bytes of an argument that are not UTF-8 with U+FFFD. */
function pathHint(path: string): string {
  return path.includes('\uFFFD')
    ? 'If its name is not UTF-8, rename it or push it as standard input.'
    : 'Check the path.';
}

function unreadable(path: string, cause: unknown): UploadError {
  const message = `${path} cannot be read (${systemCode(cause) ?? String(cause)})`;
  const hint = UNREADABLE[systemCode(cause) ?? ''] ?? 'Check the disk, or the share, that it is on.';
  return new UploadError('source_unreadable', { message, hint }, { path, cause });
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: 'Check its permissions.',
  EPERM: 'Check its permissions.',
  ELOOP: 'A link on its path leads back to itself.',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n), or name fewer files at once.',
  ENFILE: 'Too many files are open on this machine.',
};

function notAFile(path: string, stats: BigIntStats): UploadError {
  const message = `${path} is ${kindOf(stats)}, not a file`;
  const advice = stats.isDirectory()
    ? hint`Name the files in it, or take them with ${option('recursive')}.`
    : 'The API wants the size first: push it as standard input (-), or save the bytes to a file.';
  return new UploadError('source_not_a_file', { message, hint: advice }, { path });
}
