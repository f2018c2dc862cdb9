import { type BigIntStats, constants } from 'node:fs';
import { access, type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode, UploadError } from '../model/errors.ts';

/** What tells whether a file is still the one it was. Times in nanoseconds; big numbers as text, so that JSON keeps them. */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
}

/**
 * Looks at a file without opening it, so that a FIFO or a device cannot block us.
 * @throws UploadError `source_not_found`, `source_unreadable`, `source_not_a_file`
 */
export async function inspectFile(file: string): Promise<SourceFile> {
  // It would be the current directory; more likely a variable of a script is unset.
  if (file === '') throw notFound('the name of the file is empty', { hint: 'Was a variable empty?' });
  const path = resolve(file);
  const stats = await statSource(path);
  if (!stats.isFile()) {
    throw new UploadError(
      'source_not_a_file',
      { message: `${path} is ${kindOf(stats)}`, hint: notAFileHint(stats) },
      { path },
    );
  }
  await access(path, constants.R_OK).catch((cause) => {
    throw unreadable(path, cause);
  });
  return describe(path, stats);
}

/** Opens a file to read it. @throws UploadError `source_unreadable` */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
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

/** Same size, times and inode: nobody has touched it. Otherwise only its bytes can tell. */
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

/** Node has put this sign for the bytes that it could not read, and they are lost. */
function pathHint(path: string): string {
  return path.includes('\uFFFD')
    ? 'If its name is not UTF-8, rename it or push it as standard input.'
    : 'Check the path.';
}

function unreadable(path: string, cause: unknown): UploadError {
  const message = `${path} cannot be read (${systemCode(cause) ?? String(cause)})`;
  return new UploadError('source_unreadable', { message, hint: 'Check its permissions.' }, { path, cause });
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory, not a file';
  if (stats.isFIFO()) return 'a pipe, not a file';
  if (stats.isSocket()) return 'a socket, not a file';
  return 'a device, not a file';
}

function notAFileHint(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'Name the files in it.';
  return 'The API wants the size first: push it as standard input (-), or save the bytes to a file.';
}
