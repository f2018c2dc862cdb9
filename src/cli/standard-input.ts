import type { Command } from 'commander';
import type { Flags } from './settings.ts';

/** A file that is called so is `./-`. */
export const STANDARD_INPUT = '-';

/** What no command can make sense of, whatever the files hold. One name is that of one file. */
export function refuseFiles(files: readonly string[], flags: Flags, command: Command): void {
  const { filename, filesFrom, null: isNullSeparated } = flags;
  if (files.length === 0 && filesFrom === undefined)
    command.error("error: missing required argument 'file', or --files-from");
  if (isNullSeparated && filesFrom === undefined)
    command.error('error: --null is about the paths of --files-from, which is missing');
  if (filesFrom !== undefined && filename !== undefined)
    command.error('error: --filename is the name of one file, and not of those in a list');
}

/** What no push can. A stream has no name, and can be read once. */
export function refusePush(files: readonly string[], flags: Flags, command: Command): void {
  const { filename, dryRun, filesFrom, shard } = flags;
  if (files.length > 1 && filename !== undefined && !files.includes(STANDARD_INPUT))
    command.error('error: --filename is the name of one file: push several without it');
  if (!files.includes(STANDARD_INPUT)) return;
  if (files.length > 1 || filesFrom !== undefined)
    command.error('error: standard input (-) is pushed by itself, not with other files');
  if (shard !== undefined)
    command.error('error: standard input (-) is one file, and has no name that a shard could go by');
  if (filename === undefined)
    command.error('error: standard input (-) has no name: give it one with --filename');
  if (dryRun)
    command.error('error: standard input (-) can only be read once: check it with a push, or dry-run a file');
}
