import { Command, Help, type Option } from 'commander';
import { escapeControl } from '../ui/escape.ts';
import { type CommandSetup, type Example, type Execute, exampleHelp, withExamples } from './command.ts';
import { addCancel } from './commands/cancel.ts';
import { addCheck } from './commands/check.ts';
import { addCompletion, addIdCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHelp } from './commands/help.ts';
import { addList } from './commands/list.ts';
import { addPrune } from './commands/prune.ts';
import { addPush } from './commands/push.ts';
import { addResume } from './commands/resume.ts';
import { addStatus } from './commands/status.ts';
import { addCommonFlags, COMMON_FLAGS } from './flags.ts';

/** All commands, in the order of the help. */
const COMMANDS: readonly ((setup: CommandSetup) => void)[] = [
  addPush,
  addResume,
  addCancel,
  addCheck,
  addDoctor,
  addList,
  addStatus,
  addPrune,
  addConfig,
  addCompletion,
  addHelp,
];

export interface ProgramOptions {
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly execute: Execute;
  /** Declares every command in full at once, for callers that look at all of them. */
  readonly isWhole?: boolean;
}

const EXAMPLES: readonly Example[] = [
  ['upload a file, or continue after a failure', 'openai-upload push big.jsonl --purpose batch'],
  ['keep the file id, which is all there is on stdout', 'id=$(openai-upload push big.jsonl --purpose batch)'],
  ['continue one upload', 'openai-upload resume upload_abc123'],
];

const KEY_HELP = '\nThe API key comes from OPENAI_API_KEY, OPENAI_API_KEY_FILE or --key-command.';
const EXIT_CODE_HELP = '\nExit codes: openai-upload help exit-codes';

/** The names that other tools use. Their letters are too far from ours to be seen as a typo. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  upload: 'push',
  put: 'push',
  continue: 'resume',
  abort: 'cancel',
  delete: 'cancel',
  validate: 'check',
};

export function createProgram(options: ProgramOptions): Command {
  const { version, writeOut, writeErr, execute } = options;
  const program = withExamples(new Command('openai-upload'), EXAMPLES)
    .description('Uploads large files to OpenAI, and never makes you start over.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut, writeErr, outputError: (text, write) => write(escapeLines(text)) })
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help; put names that begin with a dash after --)')
    .configureHelp({ visibleOptions: ownFlagsFirst })
    .addHelpText('afterAll', ({ command }) => helpAfter(command));
  const common = (command: Command) =>
    addCommonFlags(command)
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help');
  const groups = new Set<Command>();
  const declareRestOf = new Map<Command, () => void>();

  const setup: CommandSetup = {
    execute,
    whole: () => createProgram({ ...options, isWhole: true }),
    declare(usage, description, examples, declareRest) {
      const command = withExamples(program.command(usage), examples).description(description);
      declareRestOf.set(command, () => {
        declareRest(common(command));
        requireOptionsLast(program, command);
      });
      return command;
    },
    declareGroup(name, description, examples, declareAll) {
      const group = withExamples(program.command(name), examples).description(description);
      groups.add(group);
      declareRestOf.set(group, () => declareAll(common(group.helpCommand(false))));
    },
  };
  for (const add of COMMANDS) add(setup);
  addIdCompletion(program, execute);

  if (options.isWhole) for (const declareRest of declareRestOf.values()) declareRest();
  else program.hook('preSubcommand', (_, called) => declareRestOf.get(called)?.());

  // Comes last, because the commands have already taken over the earlier settings.
  program.configureHelp({
    // The flags of a command may not be declared yet, but each command has some.
    subcommandTerm: (command) =>
      [[command.name(), ...command.aliases()].join('|'), groups.has(command) ? '' : command.usage()]
        .join(' ')
        .trim(),
  });
  program.showHelpAfterError('(see --help; put the flags of a command after its name)');
  return program;
}

/** The flags that are the same for every command come last. */
function ownFlagsFirst(command: Command): Option[] {
  const options = new Help().visibleOptions(command);
  const common: ReadonlySet<string> = new Set([...COMMON_FLAGS, 'version', 'help']);
  const isCommon = (option: Option) => common.has(option.attributeName());
  return [...options.filter((option) => !isCommon(option)), ...options.filter(isCommon)];
}

function helpAfter(command: Command): string {
  const isAboutKey = command.parent === null || command.name() === 'push';
  return `${exampleHelp(command)}${isAboutKey ? KEY_HELP : ''}${EXIT_CODE_HELP}`;
}

/** Refuses the name that another tool uses for one of our commands. */
export function refuseOtherName(program: Command, name: string | undefined): void {
  const meant = Object.hasOwn(OTHER_NAMES, name ?? '') ? OTHER_NAMES[name ?? ''] : undefined;
  if (meant !== undefined) program.error(`error: unknown command '${name}'\n(Did you mean ${meant}?)`);
}

/** commander repeats the words that it refuses, whatever characters are in them. */
function escapeLines(text: string): string {
  return text.split('\n').map(escapeControl).join('\n');
}

/**
 * Moves the flags that every command takes from before the command to right behind it, where they
 * are declared. The same flag further on wins. Without a command, they mean nothing and are left
 * out.
 */
export function putCommandFirst(argv: readonly string[]): readonly string[] {
  if (!argv[0]?.startsWith('-')) return argv;
  const count = countCommonWords(argv);
  const [command, ...rest] = argv.slice(count);
  if (command === undefined) return [];
  return command.startsWith('-') ? [command, ...rest] : [command, ...argv.slice(0, count), ...rest];
}

/** Counts the first words that are such flags and their values. */
function countCommonWords(argv: readonly string[]): number {
  const { options } = addCommonFlags(new Command());
  let count = 0;
  for (;;) {
    const [name = '', value] = (argv[count] ?? '').split(/=(.*)/s, 2);
    const option = options.find(({ short, long }) => name === short || name === long);
    if (option !== undefined) count += option.required && value === undefined ? 2 : 1;
    else if (/^-[qv]{2,}$/.test(name)) count += 1;
    else return count;
  }
}

/**
 * Makes commander look for required flags last. It would look first, and report
 * `push a --purpos batch` as a call without `--purpose` instead of one with a typo.
 */
function requireOptionsLast(program: Command, command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.makeOptionMandatory(false);

  program.hook('preAction', (_, called) => {
    for (const option of required) {
      if (command === called && command.getOptionValue(option.attributeName()) === undefined)
        command.error(`error: required option '${option.flags}' not specified`);
    }
  });
}
