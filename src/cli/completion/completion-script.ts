import type { Command } from 'commander';
import { CONFIG_KEYS } from '../config/config-keys.ts';
import { bashScript } from './bash-script.ts';
import { commandTree } from './command-tree.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof SCRIPTS;

/** The completion of a program for a shell, made of what its help shows. Without a line break at its end. */
export function completionScript(shell: Shell, program: Command, purposes: readonly string[]): string {
  const commands = program.createHelp().visibleCommands(program);
  const known = {
    purpose: purposes,
    key: Object.keys(CONFIG_KEYS),
    command: commands.map((command) => command.name()),
  };
  return SCRIPTS[shell](commandTree(program, known)).trimEnd();
}
