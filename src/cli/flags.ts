import { type Command, Option } from 'commander';
import { PROGRESS_MODES } from '../ui/progress-view.ts';
import { bounded, notEmpty } from './bounded.ts';
import { orAuto, parseDuration, parseRate, parseShard, parseSize, parseWhole } from './parse-values.ts';
import type { Flags } from './settings.ts';

const HOUR_MS = 3_600_000;

/** Those that are known; the server may know more, so that any is passed through. */
export const PURPOSES = ['batch', 'fine-tune', 'assistants', 'vision', 'user_data', 'evals'] as const;

/** Flags that every command takes. */
export function addCommonFlags(command: Command): Command {
  return command
    .option(
      '--base-url <url>',
      'where the API is (default: $OPENAI_BASE_URL, then https://api.openai.com/v1)',
    )
    .option('--organization <id>', 'organization to act for (default: $OPENAI_ORG_ID)')
    .option('--project <id>', 'project to act for (default: $OPENAI_PROJECT_ID)')
    .option('--profile <profile>', 'use these values of your configuration (default: $OPENAI_UPLOAD_PROFILE)')
    .option('--state-dir <dir>', 'where sessions are saved (default: $OPENAI_UPLOAD_STATE_DIR)')
    .option('--json', 'print one JSON object a line on stdout')
    .option('-q, --quiet', 'print errors only')
    .option('-v, --verbose', 'print each request')
    .option('--no-color', 'print without colours');
}

/** Takes them as every command does, for scripts that give them to all, but does not speak of them: they change nothing. */
export function hideFlags(command: Command, names: readonly (keyof Flags)[]): void {
  const isHidden = new Set<string>(names);
  for (const option of command.options) option.hideHelp(isHidden.has(option.attributeName()));
}

/** Flags of the commands that talk to the server. */
export function addServerFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--auth <how>', 'how the key is sent (default: by the host)').choices(['bearer', 'api-key']),
    )
    .option('--insecure-http', 'allow an http: base URL beyond this machine')
    .option(
      '--stall-timeout <duration>',
      'give up a body that stands still this long (default: 30s)',
      bounded(parseDuration, { least: 1000, most: HOUR_MS, words: '1s to 1h' }),
    )
    .option(
      '--wait-lock <duration>',
      'wait this long for another process (default: not at all)',
      bounded(parseDuration, { least: 0, most: 24 * HOUR_MS, words: 'at most 1d' }),
    );
}

/** Flags of the commands that send parts. */
export function addTransferFlags(command: Command): Command {
  return command
    .option(
      '--concurrency <n>',
      'parts on their way at once, 1 to 64 (default: auto, finds its own, 1 to 16)',
      orAuto(bounded(parseWhole, { least: 1, most: 64, words: 'auto, or 1 to 64' })),
    )
    .option(
      '--limit-rate <rate>',
      'bytes a second over all parts, as 5MB (default: no limit)',
      bounded(parseRate, { least: 1000, words: 'at least 1KB' }),
    )
    .option(
      '--retries <n>',
      'how often a request is tried again, 0 to 100 (default: 7)',
      bounded(parseWhole, { least: 0, most: 100, words: '0 to 100' }),
    )
    .addOption(
      new Option('--progress <how>', 'how progress is shown (default: auto)').choices(PROGRESS_MODES),
    )
    .option(
      '--progress-interval <duration>',
      'time between progress lines in a log (default: 10s)',
      parseDuration,
    );
}

/** What a file is to be: for a push, and for a check of whether it can be. */
export function addFileFlags(command: Command): Command {
  return command
    .requiredOption('--purpose <purpose>', `what the file is for: ${PURPOSES.join(', ')}, …`, notEmpty)
    .option('--filename <name>', 'name the server is told (default: the last part of the path)', notEmpty)
    .option(
      '--files-from <file>',
      'read paths from it, one a line; - is standard input; may be repeated',
      (list: string, before: readonly string[] = []) => [...before, list],
    )
    .option('-0, --null', 'paths read by --files-from end with a NUL, as find -print0 writes them')
    .option('--shard <i/n>', 'take only the i-th of n shares of the files, the same everywhere', parseShard);
}

export function addPushFlags(command: Command): Command {
  return addFileFlags(command)
    .option('--mime-type <type>', "MIME type (default: by the name's ending)", notEmpty)
    .option(
      '--expires-after <duration>',
      'lifetime of the resulting file, 1h to 30d (default: no end)',
      bounded(parseDuration, {
        least: HOUR_MS,
        most: 720 * HOUR_MS,
        step: 1000,
        words: '1h to 30d, in whole seconds',
      }),
    )
    .option(
      '--part-size <size>',
      'bytes a part, at most 64MiB (default: by the size of the file)',
      bounded(parseSize, { least: 1, most: 64 * 1024 ** 2, words: '1 byte to 64MiB' }),
    )
    .option('--split', 'cut files for batch at line ends into files that fit, and upload each')
    .option(
      '--split-lines <n>',
      'lines of each, at most 50000 (default: 50000)',
      bounded(parseWhole, { least: 1, most: 50_000, words: '1 to 50000' }),
    )
    .option(
      '--split-size <size>',
      'bytes of each, at most 200MB (default: 200MB)',
      bounded(parseSize, { least: 1, most: 200_000_000, words: 'at most 200MB' }),
    )
    .option('--manifest <file>', 'keep a list of what is done there, and go on by it; with --split')
    .option('--no-md5', 'do not have the server check the MD5')
    .option('--no-check', 'do not look at the file first')
    .option('--dry-run', 'look at the file and print the plan; make no request')
    .option('--no-resume', 'always start a new upload')
    .option('--if-not-uploaded', 'print the id of the file that the same bytes have made before');
}
