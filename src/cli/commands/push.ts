import type { Command } from 'commander';
import { BOUNDS } from '../../options/validate.ts';
import { type CommandSetup, type Example, withExamples } from '../command.ts';
import { expandWildcards, refuseFiles } from '../file-arguments.ts';
import { addFileFlags, addServerFlags, addTransferFlags } from '../flags.ts';
import {
  bounded,
  formatShortDuration,
  formatSize,
  inMilliseconds,
  notEmpty,
  parseDuration,
  parseSize,
  parseWhole,
  parseWholeSeconds,
} from '../parse-values.ts';
import { type Flags, STANDARD_INPUT } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['upload a file, or continue after a failure', 'openai-upload push big.jsonl --purpose batch'],
  ['standard input', 'gunzip -c data.gz | openai-upload push - --filename data.jsonl --purpose batch'],
  ['the files below a folder', "openai-upload push data --recursive --include '*.pdf' --purpose user_data"],
  [
    'a batch of any size, as files that fit; run it again to continue',
    'openai-upload push big.jsonl --purpose batch --split --manifest done.jsonl',
  ],
];

const NO_LINE_HELP = `A failed file has no line on stdout, so ids do not match arguments line by line:
use --output to keep each path with its id.`;

export function addPush(push: Command, { execute }: CommandSetup): void {
  withExamples(push, EXAMPLES);
  addTransferFlags(addServerFlags(addPushFlags(push)))
    .addHelpText('after', `\n${NO_LINE_HELP}`)
    .action(async (asked: string[], flags: Flags, self: Command) => {
      const files = await expandWildcards(asked);
      refuseSplit(files, flags, self);
      refuseFiles(files, flags, self);
      return execute(flags, async function* (context) {
        const { runPush } = await import('../run-push.ts');
        yield* runPush(files, flags, context);
      });
    });
}

function addPushFlags(command: Command): Command {
  return addFileFlags(command)
    .option('--mime-type <type>', "MIME type (default: by the name's ending)", notEmpty)
    .option(
      '--expires-after <duration>',
      'lifetime of the resulting file, 1h to 30d (default: no end)',
      bounded(
        parseWholeSeconds,
        inMilliseconds(BOUNDS.expiresAfterSeconds),
        formatShortDuration,
        (range) => `${range}, in whole seconds`,
      ),
    )
    .option(
      '--part-size <size>',
      'bytes per part, at most 64MiB (default: by the speed of the link)',
      bounded(parseSize, BOUNDS.partBytes, formatSize),
    )
    .option(
      '--min-part-size <size>',
      'smallest part when the speed decides, at most 64MB (default: 1MB)',
      bounded(parseSize, BOUNDS.minPartBytes, formatSize),
    )
    .option('--split', 'cut files for batch at line ends into files that fit, and upload each')
    .option(
      '--split-lines <n>',
      'lines of each, at most 50000 (default: 50000)',
      bounded(parseWhole, BOUNDS.splitLines),
    )
    .option(
      '--split-size <size>',
      'bytes of each, at most 200MB (default: 200MB)',
      bounded(parseSize, BOUNDS.splitBytes, formatSize),
    )
    .option('--manifest <file>', 'list in this file what is done, and send only the rest')
    .option('--output <file>', 'write the path and the file id of each file to this file')
    .option(
      '--keep <duration>',
      'forget ended sessions and jobs after this long, 1d to 3650d (default: 30d)',
      bounded(parseDuration, BOUNDS.keepMs, formatShortDuration),
    )
    .option('--no-md5', 'do not have the server check the MD5')
    .option('--no-check', 'do not check the file first')
    .option('--dry-run', 'check the file and print the plan; make no request')
    .option('--no-resume', 'always start a new upload')
    .option('--if-not-uploaded', 'print the id of the file that the same bytes made before');
}

/** Refuses flags that make no sense for a split or a manifest, whatever the files contain. */
function refuseSplit(files: readonly string[], flags: Flags, command: Command): void {
  const { split, splitLines, splitSize, manifest, purpose } = flags;
  if (manifest !== undefined && files.includes(STANDARD_INPUT))
    command.error('error: --manifest cannot be used with standard input (-)');

  if (!split) {
    const lonely = Object.entries({
      '--split-lines': splitLines,
      '--split-size': splitSize,
    });
    const found = lonely.find(([, value]) => value !== undefined);
    if (found) command.error(`error: ${found[0]} needs --split`);
    return;
  }

  if (purpose !== undefined && purpose !== 'batch')
    command.error(`error: --split works for --purpose batch only: a file for ${purpose} is used as a whole`);

  if (flags.ifNotUploaded)
    command.error('error: --if-not-uploaded finds whole files only: with --split, use --manifest');

  if (files.includes(STANDARD_INPUT))
    command.error('error: --split reads its file more than once: save standard input (-) to a file first');
  if (manifest !== undefined && (files.length > 1 || flags.filesFrom !== undefined || flags.recursive))
    command.error(
      'error: --manifest with --split is about one file: split several without it, or one by one',
    );
}
