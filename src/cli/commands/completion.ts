import type { Command } from 'commander';
import { listSessions } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import { completionScript, type Shell } from '../completion/completion-script.ts';
import { openConfig } from '../config/config-file.ts';
import { profilesOf } from '../config/profiles.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

/** `purposes` are known without asking anybody. */
export async function* runCompletion(
  shell: Shell,
  program: Command,
  purposes: readonly string[],
): AsyncGenerator<Outcome> {
  const script = completionScript(shell, program, purposes);
  yield { status: 'shown', shown: { objects: [{ v: 1, shell, script }], lines: [script], notes: [] } };
}

/** What a shell takes as one word as it stands, and does not take for a flag. */
const PLAIN_ID = /^[A-Za-z0-9_./@%+=][A-Za-z0-9_./@%+=-]*$/;

/**
 * For the completion scripts: the id of an unfinished upload, a tab and its file's name a line. Ids come from a server, and what
 * is completed stands on the user's command line: those that a shell might read as something else are left out.
 */
export async function* runIdCompletion(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId: null, command: 'completion' }, context, async () => {
    const { sessions } = await listSessions(sessionsOptions(flags, context.env));
    const unfinished = sessions
      .filter(({ status }) => status === 'pending' || status === 'completing')
      .filter(({ uploadId }) => PLAIN_ID.test(uploadId));
    const lines = unfinished.map(({ uploadId, filename }) => `${uploadId}\t${escapeControl(filename)}`);
    return { status: 'shown', shown: { objects: [], lines, notes: [] } };
  });
}

/** The same for the names of profiles, each with its base URL. A file may have been edited by hand. */
export async function* runProfileCompletion(context: CommandContext): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId: null, command: 'completion' }, context, async () => {
    const config = openConfig(context.env);
    const lines = Object.entries(profilesOf(config.read(), config.path))
      .filter(([name]) => PLAIN_ID.test(name))
      .map(([name, { baseUrl = '' }]) => `${name}\t${escapeControl(String(baseUrl))}`);
    return { status: 'shown', shown: { objects: [], lines, notes: [] } };
  });
}
