import type { Command } from 'commander';
import type { Flags } from './settings.ts';

/** A file that is called so is `./-`. */
export const STANDARD_INPUT = '-';

/** What no push can make sense of, whatever the files hold. */
export function refuseFiles(files: readonly string[], { filename }: Flags, command: Command): void {
  const streams = files.filter((file) => file === STANDARD_INPUT).length;
  if (streams > 1) command.error('error: standard input can be read only once: give - once');
  if (files.length > 1 && filename !== undefined)
    command.error('error: --filename is the name of one file, not of several: push them one by one');
  if (streams > 0 && filename === undefined)
    command.error('error: standard input has no name: give one with --filename');
}
