import type { Command } from 'commander';
import type { UploadError } from '../../index.ts';
import type { Outcome, Subject } from '../outcome.ts';

/** The outcomes of a command that was kept from beginning: a failure that is told once and stands against all it was asked for. */
export async function* refuseCommand(command: Command, error: UploadError): AsyncGenerator<Outcome> {
  for (const [index, subject] of subjectsOf(command).entries())
    yield { status: 'failed', subject, error, wasSkipped: index > 0, isOfAll: true };
}

function subjectsOf(command: Command): readonly Subject[] {
  const isOfFiles = command.registeredArguments[0]?.name() === 'file';
  if (isOfFiles && command.args.length > 0) return command.args.map((path) => ({ path }));
  const ids = command.args.length === 0 ? [null] : command.args;
  return ids.map((uploadId) => ({ uploadId, command: command.name() }));
}
