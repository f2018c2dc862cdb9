import type { Command } from 'commander';
import { listSessions } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { bashScript } from '../completion/bash-script.ts';
import { commandTree } from '../completion/command-tree.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { openConfig } from '../config/config-file.ts';
import { CONFIG_KEYS } from '../config/config-keys.ts';
import { profilesOf } from '../config/profiles.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof SCRIPTS;

/** Prints the script for a shell. It completes what the help of the whole `program` shows. */
export async function* runCompletion(
  shell: Shell,
  program: Command,
  purposes: readonly string[],
): AsyncGenerator<Outcome> {
  const known = {
    purpose: purposes,
    key: Object.keys(CONFIG_KEYS),
    command: program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name()),
  };
  const script = SCRIPTS[shell](commandTree(program, known)).trimEnd();

  yield { status: 'shown', shown: { objects: [{ v: 1, shell, script }], lines: [script], notes: [] } };
}

/** A word that a shell reads as one word without quotes, and not as a flag. */
const PLAIN_WORD = /^[A-Za-z0-9_./@%+=][A-Za-z0-9_./@%+=-]*$/;

/**
 * Prints a line for each unfinished upload, for the completion scripts: its id, a tab and the name
 * of its file. Ids come from a server and end up on the user's command line, so those that a shell
 * might read as something else are left out.
 */
export async function* runIdCompletion(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId: null, command: 'completion' }, context, async () => {
    const { sessions } = await listSessions(sessionsOptions(flags, context.env));
    const unfinished = sessions
      .filter(({ status }) => status === 'pending' || status === 'completing')
      .filter(({ uploadId }) => PLAIN_WORD.test(uploadId));

    const lines = unfinished.map(({ uploadId, filename }) => `${uploadId}\t${escapeControl(filename)}`);
    return { status: 'shown', shown: { objects: [], lines, notes: [] } };
  });
}

/**
 * Prints the same for profiles: the name, a tab and the base URL. The names are checked as well,
 * since the file may have been edited by hand.
 */
export async function* runProfileCompletion(context: CommandContext): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId: null, command: 'completion' }, context, async () => {
    const config = openConfig(context.env);
    const lines = Object.entries(profilesOf(config.read(), config.path))
      .filter(([name]) => PLAIN_WORD.test(name))
      .map(([name, { baseUrl = '' }]) => `${name}\t${escapeControl(String(baseUrl))}`);
    return { status: 'shown', shown: { objects: [], lines, notes: [] } };
  });
}
