import type { Command } from 'commander';
import { listJobs, sessionStatus } from '../../index.ts';
import { sessionLines } from '../../ui/session-lines.ts';
import { failOnPaths } from '../choose-sessions.ts';
import {
  type CommandContext,
  type CommandSetup,
  type Example,
  outcomeOf,
  quietly,
  withExamples,
} from '../command.ts';
import type { Outcome } from '../outcome.ts';
import { jobJson, jobLine } from '../render/job-text.ts';
import { detailsJson } from '../render/outcome-json.ts';
import { formatNext, nextSessionCommand } from '../render/session-command.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['one upload in full, and what to run next', 'openai-upload status upload_abc123'],
  ['one object', 'openai-upload status upload_abc123 --json'],
  [
    'sessions that are kept elsewhere',
    'openai-upload status upload_abc123 --state-dir "$OPENAI_UPLOAD_STATE_DIR"',
  ],
];

export function addStatus(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  command.action((uploadId: string, flags: Flags) =>
    execute(quietly(flags), (context) => runStatus(uploadId, flags, context)),
  );
}

async function* runStatus(uploadId: string, flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const options = { ...sessionsOptions(flags, context.env), signal: context.signal };
  const subject = { uploadId, command: 'status' };
  yield await outcomeOf(subject, context, async () => {
    const [failure] = await failOnPaths('status', [uploadId], flags, context);
    if (failure) return failure;

    const job = uploadId.startsWith('job_')
      ? (await listJobs(options)).find(({ id }) => id === uploadId)
      : undefined;
    if (job) {
      const lines = [context.wrap(jobLine(job, flags))];
      return { status: 'shown', objects: [jobJson(job, flags)], lines };
    }

    const session = await sessionStatus(uploadId, options);
    return {
      status: 'shown',
      objects: [detailsJson(session, nextSessionCommand(session, flags))],
      lines: sessionLines(session, formatNext(session, flags)).map(context.wrap),
    };
  });
}
