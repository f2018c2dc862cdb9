import type { Command } from 'commander';
import type { Flags } from './settings.ts';

/** A file that is called so is `./-`. */
export const STANDARD_INPUT = '-';

/** What no push can make sense of, whatever the files hold. One name is that of one file. */
export function refuseFiles(files: readonly string[], { filename, dryRun }: Flags, command: Command): void {
  const hasStream = files.includes(STANDARD_INPUT);
  if (hasStream && files.length > 1)
    command.error('error: standard input (-) is pushed by itself, not with other files');
  if (hasStream && filename === undefined)
    command.error('error: standard input (-) has no name: give it one with --filename');
  if (hasStream && dryRun)
    command.error('error: standard input (-) can only be read once: check it with a push, or dry-run a file');
  if (files.length > 1 && filename !== undefined)
    command.error('error: --filename is the name of one file: push several without it');
}
