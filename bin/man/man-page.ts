import type { EventEmitter } from 'node:events';
import { lexer, type Token, type Tokens } from 'marked';
import { allExamples } from '../../src/cli/command.ts';
import type { createProgram } from '../../src/cli/program.ts';
import { bold, example, italic, prose } from './roff.ts';

export interface ManPageFacts {
  readonly version: string;
  /** Such as `2026-11-22`. */
  readonly date: string;
  /** The text of docs/cli.md. Its tables of variables, files and exit codes go into the manual. */
  readonly document: string;
}

type Command = ReturnType<typeof createProgram>;
type Option = Command['options'][number];
type Pair = readonly [name: string, meaning: string];

/**
 * Makes the manual of a program for `man`, from what its help shows. All commands must be declared.
 * @throws when the document lacks one of its tables
 */
export function manPage(program: Command, { version, date, document }: ManPageFacts): string {
  const name = program.name();
  const commands = commandsBelow(program);
  const shared = flagsOfAll(commands);
  const own = (command: Command) => shownFlags(command).filter(({ flags }) => !shared.has(flags));

  return [
    '.\\" Made by bin/man/write\\-man\\-page.ts.',
    `.TH ${name.toUpperCase()} 1 ${date} "${name} ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${name} \\- ${prose(withoutEnd(program.description()))}`,
    '.SH SYNOPSIS',
    ...commands.map((command) => `${synopsis(command)}\n.br`),
    `${bold(`${name} --help`)} | ${bold('--version')}`,
    '.SH DESCRIPTION',
    prose(program.description()),
    'Standard output holds only results, such as the id of a file; progress, notes',
    'and errors are written to standard error.',
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      `.SS ${commandName(command)}`,
      prose(sentence(command.description())),
      ...aliasesOf(command),
      ...textAfter(command),
      ...own(command).map((option) => flagEntry(option, command)),
    ]),
    '.SH OPTIONS',
    'Every command takes these; some commands have no use for some of them.',
    ...[...shared.values()].map((option) => flagEntry(option, program)),
    '.SH ENVIRONMENT',
    ...environmentIn(document).map(entry),
    '.SH FILES',
    ...filesIn(document).map(entry),
    '.SH EXIT STATUS',
    ...exitCodesIn(document).map(entry),
    '.SH EXAMPLES',
    ...allExamples(program).flatMap(([command, examples]) => [
      ...(command === '' ? [] : [`.SS ${command}`]),
      example(
        ...examples.flatMap(([purpose, line], index) => [...(index === 0 ? [] : ['']), `# ${purpose}`, line]),
      ),
    ]),
    '',
  ].join('\n');
}

/**
 * Returns the commands that do something, in the order of the help. A group stands for the commands
 * in it.
 */
function commandsBelow(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((sub) => (sub.commands.length > 0 ? commandsBelow(sub) : [sub]));
}

/** Returns the flags of a command and of the group it is in. */
function shownFlags(command: Command): readonly Option[] {
  const above = command.parent?.parent ? command.parent : undefined;
  return [command, above].flatMap((one) => (one ? one.createHelp().visibleOptions(one) : []));
}

/**
 * Returns the flags that every command outside a group shows. Commands in groups show only some of
 * them.
 */
function flagsOfAll(commands: readonly Command[]): ReadonlyMap<string, Option> {
  const [first = [], ...others] = commands.filter(({ parent }) => !parent?.parent).map(shownFlags);
  const isShared = ({ flags }: Option) => others.every((own) => own.some((option) => option.flags === flags));
  return new Map(first.filter(isShared).map((option) => [option.flags, option]));
}

function commandName(command: Command): string {
  return command.parent ? `${commandName(command.parent)} ${command.name()}`.trim() : '';
}

function synopsis(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? italic(name) : `[${italic(name)}]`;
  });
  return [bold(`openai-upload ${commandName(command)}`), `[${italic('options')}]`, ...words].join(' ');
}

function aliasesOf(command: Command): readonly string[] {
  return command.aliases().map((alias) => `.PP\nIt is also called ${bold(alias)}.`);
}

/**
 * Returns the text that `addHelpText` put below a command's help. commander writes it on this
 * event.
 */
function textAfter(command: Command): readonly string[] {
  const texts: string[] = [];
  // A command is an event emitter, though its types do not say so.
  const emitter = command as unknown as EventEmitter;
  emitter.emit('afterHelp', { error: false, command, write: (text: string) => texts.push(text) });

  return texts
    .join('')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => `${index === 0 ? '.PP' : '.br'}\n${prose(line.trim())}`);
}

function flagEntry(option: Option, command: Command): string {
  const names = option.flags.replaceAll(/-[\w-]+|<[^>]*>/g, (word) =>
    word.startsWith('<') ? italic(word.slice(1, -1)) : bold(word),
  );
  return `.TP\n${names}\n${prose(sentence(command.createHelp().optionDescription(option)))}`;
}

function entry([name, meaning]: Pair): string {
  return `.TP\n${prose(name)}\n${prose(sentence(meaning))}`;
}

function sentence(text: string): string {
  const [first = ''] = text;
  return /[.?…]$/.test(text)
    ? first.toUpperCase() + text.slice(1)
    : `${first.toUpperCase()}${text.slice(1)}.`;
}

function withoutEnd(text: string): string {
  return text.replace(/\.$/, '');
}

function environmentIn(document: string): readonly Pair[] {
  return tableIn(document, 'variable').map(([name = '', meaning = '']) => [name, meaning]);
}

function filesIn(document: string): readonly Pair[] {
  const systems = ['Linux', 'macOS', 'Windows'];
  return tableIn(document, 'file').flatMap(([what = '', ...places]) =>
    places.map((place, index): Pair => [place, `${what}, on ${systems[index]}`]),
  );
}

function exitCodesIn(document: string): readonly Pair[] {
  return tableIn(document, 'code', 'meaning').map(([code = '', meaning = '', then = '']) => [
    `\`${code}\``,
    `${meaning}; ${then}`,
  ]);
}

/** Returns the rows, as lists of cells, of the table whose head begins with these cells. */
function tableIn(document: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
  const table = lexer(document)
    .filter(isTable)
    .find(({ header }) => head.every((cell, index) => header[index]?.text === cell));
  if (table === undefined) throw new Error(`there is no table of "${head.join(', ')}"`);

  return table.rows.map((row) => row.map(({ text }) => text));
}
