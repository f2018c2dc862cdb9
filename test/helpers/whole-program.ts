import type { Command } from 'commander';
import { createWholeProgram } from '../../src/cli/program.ts';

/** The command line with all its commands, to look at. */
export function wholeProgram(): Promise<Command> {
  return createWholeProgram({
    version: '0',
    writeOut: () => undefined,
    writeErr: () => undefined,
    execute: async () => undefined,
  });
}

/** What a user sees: the program's own, which is empty, `push`, …, `config set`. */
export function commandNames(command: Command, path: readonly string[] = []): readonly string[] {
  const below = command.createHelp().visibleCommands(command);
  return [path.join(' '), ...below.flatMap((sub) => commandNames(sub, [...path, sub.name()]))];
}
