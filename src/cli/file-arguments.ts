import { fstatSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { UploadError } from '../index.ts';
import type { CommandContext } from './command.ts';
import { note, type Outcome } from './outcome.ts';
import { type Flags, STANDARD_INPUT } from './settings.ts';

/** Refuses what no command can work with, whatever the files contain. --filename names one file. */
export function refuseFiles(files: readonly string[], flags: Flags, command: Command): void {
  const { filename, filesFrom, null: isNullSeparated } = flags;
  if (files.length === 0 && filesFrom === undefined)
    command.error("error: missing required argument 'file', or --files-from");
  if (isNullSeparated && filesFrom === undefined) command.error('error: --null needs --files-from');
  if (filesFrom !== undefined && filename !== undefined)
    command.error('error: --filename is the name of one file, and not of those in a list');
  refuseFolders(files, flags, command);
  refuseStream(files, flags, command);
}

/** Folders need the flag, because a slip would upload everything below them. */
function refuseFolders(files: readonly string[], flags: Flags, command: Command): void {
  if (flags.recursive) {
    if (flags.filename !== undefined)
      command.error('error: --filename is the name of one file, and not of those in a folder');
    return;
  }

  const lonely = (['include', 'exclude', 'hidden'] as const).find((name) => flags[name] !== undefined);
  if (lonely) command.error(`error: --${lonely} needs --recursive (-r)`);
  const folder = files.find(isFolder);
  if (folder !== undefined)
    command.error(`error: ${folder} is a folder: give --recursive (-r) for the files below it`);
}

/** A path that cannot be looked at is a failure of that file only. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Refuses standard input where it makes no sense: it has no name and can be read only once. */
function refuseStream(files: readonly string[], flags: Flags, command: Command): void {
  const { filename, filesFrom, shard } = flags;
  if (files.length > 1 && filename !== undefined && !files.includes(STANDARD_INPUT))
    command.error('error: --filename is the name of one file: take several without it');
  if (!files.includes(STANDARD_INPUT)) return;

  if (files.length > 1 || filesFrom !== undefined)
    command.error('error: standard input (-) cannot be combined with other files');
  if (shard !== undefined)
    command.error('error: --shard cannot be used with standard input (-), which is a single file');
  if (filename === undefined)
    command.error('error: standard input (-) has no name: give it one with --filename');
}

/** Says that a terminal is being read, because that looks like a hang. */
export function* noteTerminal(files: readonly string[], { stdin }: CommandContext): Generator<Outcome> {
  if (!files.includes(STANDARD_INPUT) || !stdin().isTTY) return;
  yield note('reading from the terminal; end with Ctrl-D');
}

/**
 * Returns the path of a file, or standard input for `-`. Refuses a directory, which Node reads as
 * if it were empty, and /dev/null, which Node opens in place of a closed input.
 * @throws UploadError `source_unreadable`, `source_empty`
 */
export function sourceOf(
  file: string,
  { filename }: Flags,
  { stdin }: CommandContext,
): string | NodeJS.ReadStream {
  if (file !== STANDARD_INPUT) return file;

  const stream: NodeJS.ReadStream & { readonly fd?: number } = stdin();
  // A test may pass a stream without a descriptor.
  if (stream.fd === undefined) return stream;

  const stats = fstatSync(stream.fd);
  if (stats.isDirectory()) {
    const message = `the input for ${filename} is a directory (EISDIR)`;
    const hint = 'Pipe the content of a file into it.';
    throw new UploadError('source_unreadable', { message, hint }, { path: file });
  }

  const nullDevice = statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  if (stats.isCharacterDevice() && stats.rdev === nullDevice) {
    const message = `the input for ${filename} is empty: standard input is closed, or is /dev/null`;
    throw new UploadError(
      'source_empty',
      { message, hint: 'The API does not take empty files.' },
      { path: file },
    );
  }
  return stream;
}

/**
 * Expands `*` and `?` in the last part of each path on Windows, whose shell leaves that to the
 * program. No file there can have such a name. A pattern without a match stays as it is, and is
 * reported.
 */
export async function expandWildcards(
  paths: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Promise<readonly string[]> {
  if (platform !== 'win32') return paths;
  return (await Promise.all(paths.map(matchesOf))).flat();
}

async function matchesOf(path: string): Promise<readonly string[]> {
  const pattern = basename(path);
  if (!/[*?]/.test(pattern)) return [path];

  const folder = path.slice(0, path.length - pattern.length);
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const isMatch = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  const names = await readdir(folder || '.').catch(() => []);
  const found = names.filter(
    (name) => isMatch.test(name) && name.startsWith('.') === pattern.startsWith('.'),
  );
  return found.length === 0 ? [path] : found.sort().map((name) => `${folder}${name}`);
}
