import type { Command } from 'commander';
import { hideFlags, PURPOSES } from './flags.ts';
import type { Execute } from './program.ts';
import type { Flags } from './settings.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Declares a command for each shell below `completion`; `whole` makes the program to complete. */
export const addCompletionCommands = (execute: Execute, whole: () => Command) => (completion: Command) => {
  hideFlags(completion, [
    'baseUrl',
    'organization',
    'project',
    'profile',
    'stateDir',
    'json',
    'quiet',
    'verbose',
    'color',
  ]);
  completion.showHelpAfterError(`(there are ${SHELLS.join(', ')})`);
  for (const shell of SHELLS) {
    completion
      .command(shell)
      .description(`print the completion for ${shell}`)
      .action((_: unknown, self: Command) =>
        execute({ ...self.optsWithGlobals<Flags>(), progress: 'none' }, async function* () {
          yield* (await import('./commands/completion.ts')).runCompletion(shell, whole(), PURPOSES);
        }),
      );
  }
};

/** Declares the hidden command that the scripts call for ids and for profiles. */
export function addIdCompletion(program: Command, execute: Execute): void {
  program
    .command('__complete [what]', { hidden: true })
    .description('print the ids of unfinished uploads, or the names of the profiles')
    .option('--state-dir <dir>', 'where sessions are saved')
    .action((what: string | undefined, flags: Flags) =>
      execute({ ...flags, progress: 'none' }, async function* (context) {
        const { runIdCompletion, runProfileCompletion } = await import('./commands/completion.ts');
        yield* what === 'profiles' ? runProfileCompletion(context) : runIdCompletion(flags, context);
      }),
    );
}
