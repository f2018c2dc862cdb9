import { Command, Help, type Option } from 'commander';
import { escapeControl } from '../ui/escape.ts';
import { type CommandSetup, type Example, type Execute, exampleHelp, withExamples } from './command.ts';
import { COMMANDS, type CommandEntry } from './command-table.ts';
import { addCommonFlags, COMMON_FLAGS } from './flags.ts';

export interface ProgramOptions {
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly execute: Execute;
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

/** Creates the program. It declares a command in full only when that is called. */
export function createProgram(options: ProgramOptions): Command {
  const { program, complete } = declareCommands(options);
  return program.hook('preSubcommand', (_, called) => complete(called));
}

/** Creates the program with every command in full, for callers that look at all of them. */
export async function createWholeProgram(options: ProgramOptions): Promise<Command> {
  const { program, complete } = declareCommands(options);
  for (const command of program.commands) await complete(command);
  return program;
}

/** Declares what the help of the program shows. `complete` declares the rest of one command. */
function declareCommands(options: ProgramOptions) {
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

  const entryOf = new Map<Command, CommandEntry>();
  for (const entry of COMMANDS) {
    const { usage, alias, description, isHidden = false } = entry;
    const command = program.command(usage, { hidden: isHidden }).description(description);
    if (alias !== undefined) command.alias(alias);
    entryOf.set(command, entry);
  }

  const setup: CommandSetup = { execute, whole: () => createWholeProgram(options) };
  const complete = async (command: Command): Promise<void> => {
    const entry = entryOf.get(command);
    if (entry === undefined) return;

    const declare = await entry.load();
    if (entry.isGroup) command.helpCommand(false);
    declare(entry.isHidden ? command : common(command), setup);
    requireOptionsLast(program, command);
  };

  // Comes last, because the commands have already taken over the earlier settings.
  program.configureHelp({
    // The flags of a command may not be declared yet, but each command has some.
    subcommandTerm: (command) =>
      [[command.name(), ...command.aliases()].join('|'), entryOf.get(command)?.isGroup ? '' : command.usage()]
        .join(' ')
        .trim(),
  });
  program.showHelpAfterError('(see --help; put the flags of a command after its name)');
  return { program, complete };
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
