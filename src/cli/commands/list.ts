import { listJobs, listSessions, type SessionSummary } from '../../index.ts';
import { escapeControl } from '../../ui/escape.ts';
import { sessionRow } from '../../ui/session-lines.ts';
import { type CommandContext, type CommandSetup, type Example, outcomeOf, quietly } from '../command.ts';
import { jobJson, jobLine } from '../jobs.ts';
import type { Outcome, Subject } from '../outcome.ts';
import { sessionJson } from '../render/outcome-json.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['what is saved, newest first', 'openai-upload list'],
  [
    'the ids of those that are not finished',
    "openai-upload list | awk -F'\\t' '$4 == \"pending\" {print $1}'",
  ],
  ['an object for each', 'openai-upload list --json'],
];

/** Declares `list`. */
export function addList({ declare, execute }: CommandSetup): void {
  declare('list', 'show the saved uploads, newest first', EXAMPLES)
    .alias('ls')
    .action((flags: Flags) => execute(quietly(flags), (context) => runList(flags, context)));
}

/** Shows what is saved; after it, what cannot be read. */
async function* runList(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const subject: Subject = { uploadId: null, command: 'list' };
  const unusable: Outcome[] = [];
  yield await outcomeOf(subject, context, async () => {
    const list = await listSessions(sessionsOptions(flags, context.env));
    const { sessions, directory } = list;
    unusable.push(...list.unusable.map((error) => ({ status: 'failed', subject, error }) as const));
    const jobs = await listJobs(sessionsOptions(flags, context.env));
    const isEmpty = sessions.length + jobs.length + unusable.length === 0;

    return {
      status: 'shown',
      shown: {
        objects: [...sessions.map(sessionJson), ...jobs.map((job) => jobJson(job, flags))],
        lines: await linesOf(sessions, context.columns),
        notes:
          isEmpty && context.isTerminal
            ? [`nothing is saved in ${escapeControl(directory)}`]
            : jobs.map((job) => `unfinished: ${jobLine(job, flags)}`),
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
