import { Command } from 'commander';
import { addCompletionCommands, addIdCompletion } from './add-completion-commands.ts';
import { addConfigCommands } from './add-config-commands.ts';
import { addHelpCommand } from './add-help-command.ts';
import { addSessionCommands } from './add-session-commands.ts';
import type { CommandContext } from './command-context.ts';
import { exampleHelp } from './examples.ts';
import { addCommonFlags, addFileFlags, addPushFlags, addServerFlags, addTransferFlags } from './flags.ts';
import type { Outcome } from './outcome.ts';
import { refuseSplit } from './refuse-split.ts';
import { requireOptionsLast } from './require-options-last.ts';
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
  /** Declares at once what else is declared when it is called: for who looks at all of it. */
  readonly isWhole?: boolean;
}

const EXIT_CODE_HELP = `
Exit codes:
  0 done                      7 key, permission, quota
  1 a bug                     8 expired or cancelled: push again
  2 usage                     9 integrity: push again
  3 the source file          10 session or config file
  4 the source changed       11 another process has it
  5 network: run resume      12 completion unknown
  6 refused by the API      130 SIGINT, 143 SIGTERM: run resume`;

/** The command line in one place. What a command does is loaded when it is called. */
export function createProgram(options: ProgramOptions): Command {
  const { version, writeOut, writeErr, execute } = options;
  const program = new Command('openai-upload')
    .description('Uploads large files to OpenAI, and never makes you start over.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut, writeErr })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows what there is; a name that begins with a dash goes after --)')
    .addHelpText('afterAll', ({ command }) => `${exampleHelp(command)}${EXIT_CODE_HELP}`);
  const common = (command: Command) =>
    addCommonFlags(command)
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help');
  const command = (usage: string, description: string) =>
    common(program.command(usage).description(description));

  addTransferFlags(
    addServerFlags(
      addPushFlags(command('push [file...]', 'upload files, or go on with them; - is standard input')),
    ),
  ).action((files: string[], flags: Flags, self: Command) => {
    refuseSplit(files, flags, self);
    refuseFiles(files, flags, self);
    return execute(flags, async function* (context) {
      yield* (await import('./commands/push.ts')).runPush(files, flags, context);
    });
  });
  addTransferFlags(addServerFlags(command('resume [upload-id...]', 'continue saved uploads')))
    .option('--all', 'continue every unfinished upload, the one that expires first first')
    .option('--reupload-changed', 'send parts again whose bytes have changed since')
    .option('--restart', 'start an expired upload over as a new one')
    .addHelpText('after', '\nWithout an id it continues the only unfinished upload.')
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, async function* (context) {
        yield* (await import('./commands/resume.ts')).runResume(ids, flags, context);
      });
    });
  addServerFlags(command('cancel [upload-id...]', 'cancel uploads on the server and end their sessions'))
    .option('--all', 'cancel every unfinished upload')
    .action((ids: string[], flags: Flags, self: Command) => {
      refuseBoth(ids, flags, self);
      return execute(flags, async function* (context) {
        yield* (await import('./commands/cancel.ts')).runCancel(ids, flags, context);
      });
    });
  addFileFlags(
    command('check [file...]', 'look whether files are fit for their purpose; makes no request'),
  ).action((files: string[], flags: Flags, self: Command) => {
    refuseFiles(files, flags, self);
    return execute(flags, async function* (context) {
      yield* (await import('./commands/check.ts')).runCheck(files, flags, context);
    });
  });
  addSessionCommands(command, execute);
  const whole = () => createProgram({ ...options, isWhole: true });
  const groups = new Map<Command, (group: Command) => void>([
    [program.command('config').description('keep defaults for your flags'), addConfigCommands(execute)],
    [
      program.command('completion').description('print a completion for your shell'),
      addCompletionCommands(execute, whole),
    ],
  ]);
  program.hook('preSubcommand', (_, called) => groups.get(called)?.(common(called.helpCommand(false))));
  if (options.isWhole) for (const [group, declare] of groups) declare(common(group.helpCommand(false)));
  addHelpCommand(command('help [command...]', 'print this help, or that of a command'), whole);
  addIdCompletion(program, execute);
  requireOptionsLast(program);
  // Last, for the commands have taken over what was set before them.
  program.showHelpAfterError('(--help shows what there is; the flags of a command go behind it)');
  return program;
}

function refuseBoth(ids: readonly string[], { all }: Flags, command: Command): void {
  if (all && ids.length > 0) command.error('error: give upload ids or --all, not both');
}
