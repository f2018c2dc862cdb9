import type { Command } from 'commander';
import type { Execute } from './program.ts';
import type { Flags } from './settings.ts';

/** The commands that look at what is saved: no key, no request, and no progress to show. */
export function addSessionCommands(
  command: (usage: string, description: string) => Command,
  execute: Execute,
): void {
  const quietly = (flags: Flags): Flags => ({ ...flags, progress: 'none' });
  command('list', 'show the saved uploads, newest first')
    .alias('ls')
    .action((flags: Flags) =>
      execute(quietly(flags), async function* (context) {
        yield* (await import('./commands/saved.ts')).runList(flags, context);
      }),
    );
  command('status <upload-id>', 'show one saved upload in full, and what to run next').action(
    (uploadId: string, flags: Flags) =>
      execute(quietly(flags), async function* (context) {
        yield* (await import('./commands/saved.ts')).runStatus(uploadId, flags, context);
      }),
  );
  command('prune', 'forget uploads that are completed, cancelled or expired')
    .option('--dry-run', 'forget nothing, only say what would be forgotten')
    .action((flags: Flags) =>
      execute(quietly(flags), async function* (context) {
        yield* (await import('./commands/saved.ts')).runPrune(flags, context);
      }),
    );
}
