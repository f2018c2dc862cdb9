import type { Command } from 'commander';
import { isUploadError } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { isOutOfReach, openConfig } from './open-config.ts';
import { profileAsked } from './profile-asked.ts';

type Work = (context: CommandContext) => AsyncGenerator<Outcome>;

/**
 * Gives a command the user's defaults. The commands below `config` and `completion` have no flags of their own and do not
 * read the file, so that they run, and mend it, when it is broken. A service may have a home that it cannot look into: it is
 * told, and goes on, unless it has named the directory, or a profile. Most users have none, so what understands one is loaded last.
 * @returns what to make of the command: with a note before it, or another in its place when the configuration cannot be used
 */
export async function applyConfig(
  command: Command,
  env: NodeJS.ProcessEnv,
): Promise<((work: Work) => Work) | undefined> {
  if (command.options.length === 0) return undefined;
  const config = openConfig(env);
  const profile = profileAsked(command.getOptionValue('profile'), env);
  try {
    const stored = config.read();
    if (profile === undefined && Object.keys(stored).length === 0) return undefined;
    const { setDefaults } = await import('./set-defaults.ts');
    const notes = setDefaults(command, env, { stored, path: config.path, profile });
    return notes.length === 0 ? undefined : (work) => withNotes(notes, work);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (profile === undefined && !env.OPENAI_UPLOAD_CONFIG_DIR && isOutOfReach(error, config.path)) {
      const note = escapeControl(`${error.message}; going on without it`);
      return (work) => withNotes([note], work);
    }
    const { refuseCommand } = await import('./refuse-command.ts');
    return () => () => refuseCommand(command, error);
  }
}

function withNotes(notes: readonly string[], work: Work): Work {
  return async function* (context) {
    yield { status: 'shown', shown: { objects: [], lines: [], notes } };
    yield* work(context);
  };
}
