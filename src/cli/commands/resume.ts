import type { CommandContext } from '../command-context.ts';
import { forEachChosen } from '../for-each-chosen.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, resumeOptions } from '../settings.ts';
import { several } from '../several.ts';

/** Continues the uploads. */
export async function* runResume(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* forEachChosen({ command: 'resume', ids, flags, context }, (chosen) =>
    several({
      subjects: chosen.map((uploadId) => ({ uploadId, command: 'resume' as const })),
      options: () => resumeOptions(flags, context.env),
      context,
      upload: (uploader, index, options) => uploader.resume(chosen[index] as string, options),
    }),
  );
}
