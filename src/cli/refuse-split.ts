import type { Command } from 'commander';
import type { Flags } from './settings.ts';
import { STANDARD_INPUT } from './standard-input.ts';

/** What a split can make no sense of, whatever the files hold. */
export function refuseSplit(files: readonly string[], flags: Flags, command: Command): void {
  const { split, splitLines, splitSize, manifest, purpose } = flags;
  if (!split) {
    const lonely = Object.entries({
      '--split-lines': splitLines,
      '--split-size': splitSize,
      '--manifest': manifest,
    });
    const found = lonely.find(([, value]) => value !== undefined);
    if (found) command.error(`error: ${found[0]} is about files that are cut: give --split too`);
    return;
  }
  if (purpose !== undefined && purpose !== 'batch')
    command.error(
      `error: --split cuts requests of a batch apart, and a file for ${purpose} is used as a whole`,
    );
  if (flags.ifNotUploaded)
    command.error(
      'error: --if-not-uploaded looks for whole files: with --split, --manifest knows what is done',
    );
  if (files.includes(STANDARD_INPUT))
    command.error('error: --split reads its file more than once: save standard input (-) to a file first');
  if (manifest !== undefined && (files.length > 1 || flags.filesFrom !== undefined))
    command.error('error: --manifest is about one file: split several without it, or one by one');
}
