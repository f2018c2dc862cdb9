import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addCommonFlags, addFileFlags, addPushFlags, addServerFlags, addTransferFlags } from './flags.ts';
import type { Outcome } from './outcome.ts';
import { addSessionCommands } from './session-commands.ts';
import type { Flags } from './settings.ts';
import { refuseFiles } from './standard-input.ts';

/** Runs a command that the arguments have named, with its flags. */
export type Execute = (
  flags: Flags,
  command: (context: CommandContext) => AsyncGenerator<Outcome>,
) => Promise<void>;

export interface ProgramOptions {
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly execute: Execute;
}

const EXIT_CODE_HELP = `
Exit codes:
  0 done                      7 key, permission, quota
  1 a bug                     8 expired or cancelled: push again
  2 usage                     9 integrity: push again
  3 the source file          10 the saved session
  4 the source changed       11 another process has it
  5 network: run resume      12 completion unknown
  6 refused by the API      130 SIGINT, 143 SIGTERM: run resume
`;

/** The command line in one place. What a command does is loaded when it is called. */
export function createProgram({ version, writeOut, writeErr, execute }: ProgramOptions): Command {
  const program = new Command('openai-upload')
    .description('Uploads large files to OpenAI, and never makes you start over.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut, writeErr })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows what there is; a name that begins with a dash goes after --)')
    .addHelpText('after', EXIT_CODE_HELP);
  const command = (usage: string, description: string) =>
    addCommonFlags(program.command(usage).description(description))
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help');

  addTransferFlags(
    addServerFlags(addPushFlags(command('push <file...>', 'upload files; - is standard input'))),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  openai-upload push data.jsonl --purpose batch\n  id=$(openai-upload push train.jsonl --purpose fine-tune)\n  zcat data.jsonl.gz | openai-upload push - --filename data.jsonl --purpose batch\n',
    )
    .action((files: string[], flags: Flags, self: Command) => {
      refuseFiles(files, flags, self);
      return execute(flags, async function* (context) {
        yield* (await import('./commands/push.ts')).runPush(files, flags, context);
      });
    });
  addTransferFlags(addServerFlags(command('resume [upload-id...]', 'continue saved uploads')))
    .option('--all', 'continue every unfinished upload, the one that expires first first')
    .option('--reupload-changed', 'send parts again whose bytes have changed since')
    .option('--restart', 'start an expired upload over as a new one')
    .addHelpText(
      'after',
      '\nWithout an id it continues the only unfinished upload.\n\nExamples:\n  openai-upload resume upload_abc123\n  openai-upload resume --all\n',
    )
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, async function* (context) {
        yield* (await import('./commands/resume.ts')).runResume(ids, flags, context);
      });
    });
  addServerFlags(command('cancel [upload-id...]', 'cancel uploads on the server and end their sessions'))
    .option('--all', 'cancel every unfinished upload')
    .addHelpText('after', '\nExample:\n  openai-upload cancel upload_abc123\n')
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, async function* (context) {
        yield* (await import('./commands/cancel.ts')).runCancel(ids, flags, context);
      });
    });
  addFileFlags(command('check <file...>', 'look whether files are fit for their purpose; makes no request'))
    .addHelpText('after', '\nExample:\n  openai-upload check data.jsonl --purpose batch\n')
    .action((files: string[], flags: Flags) =>
      execute(flags, async function* (context) {
        yield* (await import('./commands/check.ts')).runCheck(files, flags, context);
      }),
    );
  addSessionCommands(command, execute);
  return program;
}

function refuseBoth(ids: readonly string[], { all }: Flags, command: Command): void {
  if (all && ids.length > 0) command.error('error: give upload ids or --all, not both');
}
