import { listSessions, type SessionSummary } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { sessionRow } from '../../ui/format-session.ts';
import { type CommandContext, outcomeOf } from '../command-context.ts';
import type { Outcome, Subject } from '../outcome.ts';
import { sessionJson } from '../render/session-json.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

/** Shows what is saved; after it, what cannot be read. */
export async function* runList(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const subject: Subject = { uploadId: null, command: 'list' };
  const unusable: Outcome[] = [];
  yield await outcomeOf(subject, context, async () => {
    const list = await listSessions(sessionsOptions(flags, context.env));
    const { sessions, directory } = list;
    unusable.push(...list.unusable.map((error) => ({ status: 'failed', subject, error }) as const));
    const isEmpty = sessions.length + unusable.length === 0;
    return {
      status: 'shown',
      shown: {
        objects: sessions.map(sessionJson),
        lines: await linesOf(sessions, context.columns),
        notes: isEmpty && context.isTerminal ? [`nothing is saved in ${escapeControl(directory)}`] : [],
      },
    };
  });
  yield* unusable;
}

async function linesOf(
  sessions: readonly SessionSummary[],
  columns: number | undefined,
): Promise<readonly string[]> {
  if (columns === undefined) return sessions.map(sessionRow);
  if (sessions.length === 0) return [];
  return (await import('../../ui/session-table.ts')).sessionTable(sessions, columns);
}
