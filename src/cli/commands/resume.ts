import { isUploadError, listSessions } from '../../index.ts';
import type { CommandContext } from '../command-context.ts';
import { forEachChosen } from '../for-each-chosen.ts';
import type { Outcome } from '../outcome.ts';
import { type Flags, resumeOptions, sessionsOptions } from '../settings.ts';
import { uploadMany } from '../upload-many.ts';

/** Continues the uploads. */
export async function* runResume(
  ids: readonly string[],
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield* forEachChosen({ command: 'resume', ids, flags, context }, async function* (chosen) {
    yield* uploadMany({
      sizes: await sizesOf(chosen, flags, context),
      subjects: chosen.map((uploadId) => ({ uploadId, command: 'resume' as const })),
      options: () => resumeOptions(flags, context.env),
      context,
      start: (uploader, { options, onEvent, onEnd }) => {
        const items = chosen.map((uploadId, index) => ({
          uploadId,
          options: { ...options, onEvent: onEvent(index) },
        }));
        return uploader.resumeAll(items, onEnd);
      },
    });
  });
}

/** For the progress of several alone. What cannot be had here, the resume will say. */
async function sizesOf(
  ids: readonly string[],
  flags: Flags,
  { env }: CommandContext,
): Promise<readonly (number | undefined)[]> {
  if (ids.length < 2) return [];
  try {
    const { sessions } = await listSessions(sessionsOptions(flags, env));
    return ids.map((id) => sessions.find(({ uploadId }) => uploadId === id)?.bytes);
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return [];
  }
}
