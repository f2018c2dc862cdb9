import { type Command, Option } from 'commander';
import { BOUNDS } from '../options/validate.ts';
import { PROGRESS_MODES } from '../ui/progress-view.ts';
import {
  bounded,
  formatShortDuration,
  formatSize,
  notEmpty,
  orAuto,
  parseDuration,
  parseRate,
  parseRequestRate,
  parseShard,
  parseWhole,
} from './parse-values.ts';
import type { Flags } from './settings.ts';

/** The known purposes. The server may know more, so any other is passed on. */
export const PURPOSES = ['batch', 'fine-tune', 'assistants', 'vision', 'user_data', 'evals'] as const;

/** The names of the flags that every command takes. */
export const COMMON_FLAGS = [
  'baseUrl',
  'organization',
  'project',
  'profile',
  'stateDir',
  'json',
  'quiet',
  'verbose',
  'color',
] as const satisfies readonly (keyof Flags)[];

/** Adds the flags that every command takes. */
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
    .option('--json', 'print one JSON object per line on stdout')
    .option('-q, --quiet', 'print errors only')
    .option('-v, --verbose', 'print each request')
    .option('--no-color', 'print without colours');
}

/**
 * Hides flags that a command accepts but does not use. Scripts may give the same flags to all
 * commands.
 */
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
    .option('--key-command <command>', 'run this to get the key (default: $OPENAI_API_KEY_COMMAND)', notEmpty)
    .option('--mtls-client-cert-file <pem>', 'client certificate (default: $OPENAI_MTLS_CLIENT_CERT_FILE)')
    .option('--mtls-client-key-file <pem>', 'its key (default: $OPENAI_MTLS_CLIENT_KEY_FILE)')
    .option('--client-cert <pem>', 'short for --mtls-client-cert-file')
    .option('--client-key <pem>', 'short for --mtls-client-key-file')
    .option('--insecure-http', 'allow an http: base URL beyond this machine')
    .option(
      '--stall-timeout <duration>',
      'try a transfer again that stalls this long (default: 30s)',
      bounded(parseDuration, BOUNDS.stallTimeoutMs, formatShortDuration),
    )
    .option(
      '--wait-lock <duration>',
      'wait this long for another process (default: do not wait)',
      bounded(parseDuration, BOUNDS.waitLockMs, formatShortDuration),
    );
}

/** Flags of the commands that send parts. */
export function addTransferFlags(command: Command): Command {
  return command
    .option(
      '--concurrency <n>',
      'parts to send at once, 1 to 64 (default: auto, which adapts to the link)',
      orAuto(bounded(parseWhole, BOUNDS.concurrency, String, (range) => `auto, or ${range}`)),
    )
    .option(
      '--limit-rate <rate>',
      'bytes per second for all parts, such as 5MB (default: no limit)',
      bounded(parseRate, BOUNDS.limitRate, formatSize),
    )
    .option(
      '--max-requests <rate>',
      'requests for all files, such as 10/s or 600/min (default: what the server allows)',
      parseRequestRate,
    )
    .option(
      '--retries <n>',
      'how often a request is tried again, 0 to 100 (default: 7)',
      bounded(parseWhole, BOUNDS.retries),
    )
    .option('--wait', 'end only once the server has processed the file')
    .addOption(
      new Option('--progress <how>', 'how progress is shown (default: auto)').choices(PROGRESS_MODES),
    )
    .option(
      '--progress-interval <duration>',
      'time between progress lines in a log (default: 10s)',
      parseDuration,
    );
}

/** Flags about the files, for a push and for a check. */
export function addFileFlags(command: Command): Command {
  return command
    .requiredOption(
      '--purpose <purpose>',
      `what the file is for (required): ${PURPOSES.join(', ')}, …`,
      notEmpty,
    )
    .option(
      '--filename <name>',
      'name of the file on the server (default: the last part of the path)',
      notEmpty,
    )
    .option(
      '--files-from <file>',
      'read paths from this file, one per line; - is standard input; may be repeated',
      repeated,
    )
    .option('-0, --null', 'paths read by --files-from end with a NUL, as find -print0 writes them')
    .option('-r, --recursive', 'take the files below folders too')
    .option('--include <glob>', 'below folders, take only what matches; may be repeated', repeated)
    .option('--exclude <glob>', 'below folders, leave out what matches; may be repeated', repeated)
    .option('--hidden', 'below folders, also take names that begin with a dot')
    .option('--skip-unsuitable', 'skip files that the purpose would refuse by their name or size')
    .option('--shard <i/n>', 'take only the i-th of n shares of the files, the same everywhere', parseShard);
}

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, notEmpty(value)];
}
