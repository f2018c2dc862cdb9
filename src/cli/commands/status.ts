import { sessionStatus } from '../../index.ts';
import { sessionLines } from '../../ui/session-lines.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { formatNext, nextSessionCommand } from '../render/session-command.ts';
import { detailsJson } from '../render/session-json.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

/** Shows one session in full. */
export async function* runStatus(
  uploadId: string,
  flags: Flags,
  context: CommandContext,
): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId, command: 'status' }, context, async () => {
    const session = await sessionStatus(uploadId, sessionsOptions(flags, context.env));
    return {
      status: 'shown',
      shown: {
        objects: [detailsJson(session, nextSessionCommand(session, flags))],
        lines: sessionLines(session, formatNext(session, flags)),
        notes: [],
      },
    };
  });
}
