import type { Command } from 'commander';
import { type Check, diagnose, isUploadError } from '../../index.ts';
import { BOUNDS, checkDiagnoseOptions } from '../../options/validate.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { type CommandContext, type CommandSetup, type Example, withExamples } from '../command.ts';
import { settingsOf } from '../config/settings-of.ts';
import { addServerFlags } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { bounded, formatSize, parseSize } from '../parse-values.ts';
import { type Flags, transferOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['look at what an upload needs', 'openai-upload doctor'],
  ['how large a file fits into an hour', 'openai-upload doctor --upload 64MB'],
  ['an object for each check', 'openai-upload doctor --json'],
];

export function addDoctor(command: Command, { execute }: CommandSetup): void {
  withExamples(command, EXAMPLES);
  addServerFlags(command)
    .option(
      '--upload <size>',
      'also measure the link with a throw-away upload, which is cancelled',
      bounded(parseSize, BOUNDS.uploadBytes, formatSize),
    )
    .action((flags: Flags) => execute(flags, (context) => runDoctor(flags, context)));
}

async function* runDoctor(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const { env, signal, onEvent } = context;
  const uploadBytes = flags.upload === undefined ? {} : { uploadBytes: flags.upload };

  try {
    const options = { ...transferOptions(flags, env), ...uploadBytes, signal, onEvent };
    checkDiagnoseOptions(options);
    yield { status: 'diagnosed', check: { name: 'settings', status: 'ok', message: settingsOf(flags, env) } };
    for await (const check of diagnose(options)) yield { status: 'diagnosed', check: inWords(check) };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const { message } = error;
    yield { status: 'diagnosed', check: { name: 'settings', status: 'failed', message, error } };
  }
}

function inWords(check: Check): Check {
  if (check.speed === undefined) return check;
  const { bytesPerSecond, fitsBytes, lifetimeMs } = check.speed;
  const fits = `a file of ${formatBytes(fitsBytes)} fits into the ${formatDuration(lifetimeMs)} of an upload`;
  return { ...check, message: `${formatBytes(bytesPerSecond)}/s: ${fits}` };
}
