import type { EventEmitter } from 'node:events';
import type { Command, Option } from 'commander';
import { EXAMPLES } from '../examples.ts';
import { bold, example, italic, prose } from './roff.ts';

export interface ManPageFacts {
  readonly version: string;
  /** As `2026-11-22`. */
  readonly date: string;
  /** Pairs of what it is called and what it means, in Markdown. */
  readonly environment: readonly Pair[];
  readonly exitCodes: readonly Pair[];
  readonly files: readonly Pair[];
}

type Pair = readonly [name: string, meaning: string];

/** The manual of a program with all its commands declared, made of what its help shows, for `man`. */
export function manPage(program: Command, facts: ManPageFacts): string {
  const name = program.name();
  const commands = commandsBelow(program);
  const shared = flagsOfAll(commands);
  const own = (command: Command) => shownFlags(command).filter(({ flags }) => !shared.has(flags));
  return [
    '.\\" Made by bin/man/write\\-man\\-page.ts.',
    `.TH ${name.toUpperCase()} 1 ${facts.date} "${name} ${facts.version}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${name} \\- ${prose(withoutEnd(program.description()))}`,
    '.SH SYNOPSIS',
    ...commands.map((command) => `${synopsis(command)}\n.br`),
    `${bold(`${name} --help`)} | ${bold('--version')}`,
    '.SH DESCRIPTION',
    prose(program.description()),
    'Standard output holds results only, as the id of a file; progress, notes and',
    'errors are written to standard error.',
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      `.SS ${commandName(command)}`,
      prose(sentence(command.description())),
      ...aliasesOf(command),
      ...textAfter(command),
      ...own(command).map((option) => flagEntry(option, command)),
    ]),
    '.SH OPTIONS',
    'Every command takes these; a few have no use for some of them.',
    ...[...shared.values()].map((option) => flagEntry(option, program)),
    '.SH ENVIRONMENT',
    ...facts.environment.map(entry),
    '.SH FILES',
    ...facts.files.map(entry),
    '.SH EXIT STATUS',
    ...facts.exitCodes.map(entry),
    '.SH EXAMPLES',
    ...Object.entries(EXAMPLES).flatMap(([command, examples]) => [
      ...(command === '' ? [] : [`.SS ${command}`]),
      example(
        ...examples.flatMap(([purpose, line], index) => [...(index === 0 ? [] : ['']), `# ${purpose}`, line]),
      ),
    ]),
    '',
  ].join('\n');
}

/** Those that do something, in the order of the help; of groups, what is in them. */
function commandsBelow(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((sub) => (sub.commands.length > 0 ? commandsBelow(sub) : [sub]));
}

/** With the flags of the group that a command is in. */
function shownFlags(command: Command): readonly Option[] {
  const above = command.parent?.parent ? command.parent : undefined;
  return [command, above].flatMap((one) => (one ? one.createHelp().visibleOptions(one) : []));
}

/** What every command shows that is in no group; those in groups show some of it. */
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

/** What `addHelpText` has put below the help of a command, which commander gives to who asks as it does itself. */
function textAfter(command: Command): readonly string[] {
  const texts: string[] = [];
  // It is one, though its types do not say so.
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
