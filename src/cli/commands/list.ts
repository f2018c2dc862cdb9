import type { Command } from 'commander';
import { eachSession, isUploadError, listJobs, listSessions, type SessionSummary } from '../../index.ts';
import { escapeControl, escapeJson } from '../../ui/escape.ts';
import { sessionRow } from '../../ui/session-lines.ts';
import { isUnfinished } from '../choose-sessions.ts';
import {
  type CommandContext,
  type CommandSetup,
  type Example,
  outcomeOf,
  quietly,
  withExamples,
} from '../command.ts';
import type { Outcome, Subject } from '../outcome.ts';
import { jobJson, jobLine } from '../render/job-text.ts';
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

/** At most this many sessions are shown on a terminal without `--all`. */
const MAX_SHOWN = 50;
/** At most this many lines are written at once. */
const LINES_AT_ONCE = 1000;

export function addList(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  command
    .option('--all', `show all on a terminal too, not only the newest ${MAX_SHOWN}`)
    .action((flags: Flags) => execute(quietly(flags), (context) => runList(flags, context)));
}

/** A session in the form in which it is printed. Thousands take little memory in this form. */
interface Row {
  readonly beganAtMs: number;
  readonly text: string;
}

/** Shows what is saved, then reports what cannot be read. */
async function* runList(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const subject: Subject = { uploadId: null, command: 'list' };
  const options = { ...sessionsOptions(flags, context.env), signal: context.signal };
  const { json = false, all = false } = flags;
  const isTable = context.columns !== undefined && !json;
  const newest = keepNewest<SessionSummary>(isTable && !all ? MAX_SHOWN : Number.POSITIVE_INFINITY);
  const rows: Row[] = [];
  const unusable: Outcome[] = [];
  const counts = { all: 0, unfinished: 0 };

  try {
    for await (const each of eachSession(options)) {
      if (isUploadError(each)) {
        unusable.push({ status: 'failed', subject, error: each });
        continue;
      }
      counts.all += 1;
      if (isUnfinished(each)) counts.unfinished += 1;
      if (isTable) newest.add(each);
      else
        rows.push({
          beganAtMs: each.beganAtMs,
          text: json ? escapeJson(sessionJson(each)) : sessionRow(each),
        });
    }
  } catch (error) {
    return yield await outcomeOf(subject, context, () => Promise.reject(error));
  }

  const texts = rows.sort(byAge).map(({ text }) => text);
  for (let start = 0; start < texts.length && !context.isOutputClosed(); start += LINES_AT_ONCE) {
    const some = texts.slice(start, start + LINES_AT_ONCE);
    yield { status: 'shown', objects: some, lines: some };
  }

  const sessions = newest.all();
  const omitted = counts.all - sessions.length;
  const unfinished = counts.unfinished - sessions.filter(isUnfinished).length;
  if (isTable && sessions.length > 0)
    yield {
      status: 'shown',
      lines: await tableOf(sessions, context.columns),
      notes: omitted > 0 ? [omittedLine(omitted, unfinished)] : [],
    };

  yield await outcomeOf(subject, context, async () => {
    const jobs = await listJobs(options);
    const isEmpty = counts.all + jobs.length + unusable.length === 0;
    const notes =
      isEmpty && context.isTerminal
        ? [`nothing is saved in ${escapeControl((await listSessions(options)).directory)}`]
        : jobs.map((job) => `unfinished: ${jobLine(job, flags)}`);
    return { status: 'shown', objects: jobs.map((job) => jobJson(job, flags)), notes };
  });
  yield* unusable;
}

function byAge(a: { readonly beganAtMs: number }, b: { readonly beganAtMs: number }): number {
  return b.beganAtMs - a.beganAtMs;
}

/** Takes any number of items and keeps only the newest. */
function keepNewest<T extends { readonly beganAtMs: number }>(count: number) {
  let kept: T[] = [];
  const trim = () => {
    kept = kept.sort(byAge).slice(0, count);
  };
  return {
    add(one: T) {
      kept.push(one);
      if (kept.length >= 2 * count) trim();
    },
    all(): readonly T[] {
      trim();
      return kept;
    },
  };
}

function omittedLine(omitted: number, unfinished: number): string {
  const of = unfinished === 0 ? '' : `, ${unfinished.toLocaleString('en')} of them unfinished`;
  return `and ${omitted.toLocaleString('en')} more${of}: --all shows them`;
}

async function tableOf(sessions: readonly SessionSummary[], columns = 80): Promise<readonly string[]> {
  return (await import('../../ui/session-table.ts')).sessionTable(sessions, columns);
}
