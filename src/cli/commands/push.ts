import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { dryRun } from '../../index.ts';
import { BOUNDS } from '../../options/validate.ts';
import type { CommandSetup, Example } from '../command.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { type AskedFiles, forFiles } from '../file-lists.ts';
import { addFileFlags, addServerFlags, addTransferFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import {
  bounded,
  formatShortDuration,
  formatSize,
  inMilliseconds,
  notEmpty,
  parseSize,
  parseWhole,
  parseWholeSeconds,
} from '../parse-values.ts';
import { type Flags, pushOptions } from '../settings.ts';
import { noteTerminal, refuseFiles, STANDARD_INPUT, sourceOf } from '../standard-input.ts';
import { uploadMany } from '../upload-many.ts';

const EXAMPLES: readonly Example[] = [
  ['upload a file, or go on with it after a failure', 'openai-upload push big.jsonl --purpose batch'],
  ['standard input', 'zcat data.gz | openai-upload push - --filename data.jsonl --purpose batch'],
  ['the files below a folder', "openai-upload push data --recursive --include '*.pdf' --purpose user_data"],
  [
    'a batch of any size, as files that fit; run again, it goes on',
    'openai-upload push big.jsonl --purpose batch --split --manifest done.jsonl',
  ],
];

/** Declares `push`. */
export function addPush({ declare, execute }: CommandSetup): void {
  const push = declare(
    'push [file...]',
    'upload files, or continue their uploads; - is standard input',
    EXAMPLES,
  );

  addTransferFlags(addServerFlags(addPushFlags(push))).action(
    (files: string[], flags: Flags, self: Command) => {
      refuseSplit(files, flags, self);
      refuseFiles(files, flags, self);
      return execute(flags, (context) => runPush(files, flags, context));
    },
  );
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
      'bytes a part, at most 64MiB (default: by the speed of the link)',
      bounded(parseSize, BOUNDS.partBytes, formatSize),
    )
    .option(
      '--min-part-size <size>',
      'fewest bytes a part when the speed decides, at most 64MB (default: 1MB)',
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
    .option('--manifest <file>', 'keep a list of what is done there, and go on by it; with --split')
    .option('--no-md5', 'do not have the server check the MD5')
    .option('--no-check', 'do not look at the file first')
    .option('--dry-run', 'look at the file and print the plan; make no request')
    .option('--no-resume', 'always start a new upload')
    .option('--if-not-uploaded', 'print the id of the file that the same bytes have made before');
}

/** What a split can make no sense of, whatever the files hold. */
function refuseSplit(files: readonly string[], flags: Flags, command: Command): void {
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

/** Uploads the files, or says what it would do. */
async function* runPush(
  named: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* forFiles({ command: 'push', named, flags, context }, (files) => pushAll(files, flags, context));
}

async function* pushAll(files: AskedFiles, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { names } = files;
  if (flags.split) return yield* (await import('../push-pieces.ts')).runSplit(files, flags, context);

  yield* noteTerminal(names ?? [], context);
  if (flags.dryRun) return yield* plan(files, flags, context);

  yield* uploadMany({
    subjects: names?.map((path) => ({ path })),
    ...(names && { sizes: await Promise.all(names.map(sizeOf)) }),
    options: () => pushOptions(flags, context.env),
    context,
    start: (uploader, { options, onEvent, onEnd }) => {
      const items = async function* () {
        let index = 0;
        for await (const { path, ...asked } of files.each()) {
          if (names === undefined) context.found(index, { name: basename(path), bytes: undefined });
          const own = { ...options, onEvent: onEvent(index) };
          yield { source: sourceOf(path, flags, context), options: own, subject: { path }, ...asked };
          index += 1;
        }
      };
      return uploader.pushAll(items(), onEnd);
    },
  });
}

/** One after the other: there is nothing to wait for but the disk. */
async function* plan(files: AskedFiles, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  for await (const { path, error, isUnsuitable } of files.each()) {
    context.expect([{ name: basename(path), bytes: undefined }]);
    yield await outcomeOf({ path }, context, async () => {
      if (error)
        return isUnsuitable
          ? { status: 'skipped', path, error }
          : { status: 'failed', subject: { path }, error };
      const source = sourceOf(path, flags, context);
      const result = await dryRun(source, { ...pushOptions(flags, env), signal, onEvent });
      return { status: 'planned', result };
    });
  }
}

/** For the progress alone. What is no file has nothing to send, as its push will say. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (path === STANDARD_INPUT) return undefined;
  return await stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
