import type { JobSummary } from '../../index.ts';
import { shownUrl } from '../../model/base-url.ts';
import { escapeControl } from '../../ui/escape.ts';
import { formatCount } from '../../ui/format.ts';
import { shellCommand } from '../../ui/shell-command.ts';
import type { Flags } from '../settings.ts';
import { formatObstacle, reaching, repeatedFlags } from './session-command.ts';

/** What a push of many files was asked to do, as its journal keeps it. */
export interface Wanted {
  readonly paths: readonly string[];
  readonly flags: Partial<Flags>;
}

/** Returns the command that continues or cancels a job, from whatever folder it is run. */
export function jobCommand(id: string, flags: Flags, command = 'resume'): string | null {
  return shellCommand([`openai-upload ${command}`, ...repeatedFlags(flags), id]);
}

/** Describes an unfinished job in one line for people. */
export function jobLine(job: JobSummary, flags: Flags, command?: string): string {
  const begun = new Date(job.startedAt * 1000).toISOString().slice(0, 19);
  const words = [
    pushOf(job),
    `begun ${begun}Z`,
    `${formatCount(job.done, 'file')} done`,
    formatObstacle(job, flags),
  ].filter(Boolean);
  const next = jobCommand(job.id, reaching(job, flags), command) ?? job.id;
  return escapeControl(`${words.join(', ')}: ${next}`);
}

/** Says what a job pushes. */
export function pushOf({ wanted }: Pick<JobSummary, 'wanted'>): string {
  const { paths, flags } = wanted as unknown as Wanted;
  const [first = 'a list', ...more] = paths.length > 0 ? paths : (flags.filesFrom ?? []);
  return `a push of ${more.length === 0 ? first : `${first} and ${more.length.toLocaleString('en')} more`}`;
}

/** Returns the object that `list --json` prints for a job. */
export function jobJson(job: JobSummary, flags: Flags): Readonly<Record<string, unknown>> {
  const { id, cwd, startedAt, done, baseUrl, organization, project } = job;
  const account = { base_url: shownUrl(baseUrl), organization, project };
  const command = { resume_command: jobCommand(id, reaching(job, flags)) };
  return {
    v: 1,
    status: 'unfinished',
    job: id,
    cwd,
    started_at: startedAt,
    files_done: done,
    ...account,
    ...command,
  };
}
