import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import type { Outcome } from './outcome.ts';
import type { Flags } from './settings.ts';

/** What a call is for, and the call. A test runs each. */
export type Example = readonly [purpose: string, line: string];

/** Runs a command that the arguments have named, with its flags. */
export type Execute = (
  flags: Flags,
  command: (context: CommandContext) => AsyncGenerator<Outcome>,
) => Promise<void>;

/** What a command declares itself with. */
export interface CommandSetup {
  /** Declares a command, with the flags that every command takes and the examples of its help. */
  readonly declare: (usage: string, description: string, examples: readonly Example[]) => Command;
  /**
   * Declares a command with commands below it, which are declared only when one of them is called.
   */
  readonly declareGroup: (
    name: string,
    description: string,
    examples: readonly Example[],
    declareAll: (group: Command) => void,
  ) => void;
  readonly execute: Execute;
  /** The program with all commands of all groups. */
  readonly whole: () => Command;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Gives a command the examples of its help. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples);
  return command;
}

function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/**
 * The examples of a program and of all commands below it, by name, such as `config set`; the
 * program's is empty.
 */
export function allExamples(command: Command, name = ''): readonly (readonly [string, readonly Example[]])[] {
  const below = command.commands.flatMap((each) => allExamples(each, `${name} ${each.name()}`.trim()));
  const own = examplesOf(command);
  return own.length === 0 ? below : [[name, own], ...below];
}

/** The part of a help that shows the examples. */
export function exampleHelp(command: Command): string {
  const lines = examplesOf(command).map(([purpose, line]) => `\n  # ${purpose}\n  ${line}`);
  return lines.length === 0 ? '' : `\nExamples:${lines.join('')}\n`;
}

/** Flags for a command that shows no progress. */
export function quietly(flags: Flags): Flags {
  return { ...flags, progress: 'none' };
}
