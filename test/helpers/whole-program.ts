import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** The command line with all its commands, to look at. */
export function wholeProgram(): Command {
  return createProgram({
    version: '0',
    writeOut: () => undefined,
    writeErr: () => undefined,
    execute: async () => undefined,
    isWhole: true,
  });
}

/** What a user sees: the program's own, which is empty, `push`, …, `config set`. */
export function commandNames(command = wholeProgram(), path: readonly string[] = []): readonly string[] {
  const below = command.createHelp().visibleCommands(command);
  return [path.join(' '), ...below.flatMap((sub) => commandNames(sub, [...path, sub.name()]))];
}
