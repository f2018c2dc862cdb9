import type { Command } from 'commander';
import { concernsAll, isUploadError, UploadError } from '../index.ts';
import type { Outcome, Subject } from './outcome.ts';
import type { Reporter } from './render/reporter.ts';
import type { Flags } from './settings.ts';

/** The purpose of a call, and the call itself. A test runs each example. */
export type Example = readonly [purpose: string, line: string];

/** Runs the command that the arguments name, with its flags. */
export type Execute = (
  flags: Flags,
  command: (context: CommandContext) => AsyncGenerator<Outcome>,
) => Promise<void>;

/** What a command needs to declare its flags, its examples and what it does. */
export interface CommandSetup {
  readonly execute: Execute;
  /** Returns the program with all commands of all groups. */
  readonly whole: () => Promise<Command>;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Sets the examples in a command's help. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples);
  return command;
}

function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/**
 * Returns the examples of a program and of all commands below it, each with the command's name, for
 * example `config set`. The program's own name is empty.
 */
export function allExamples(command: Command, name = ''): readonly (readonly [string, readonly Example[]])[] {
  const below = command.commands.flatMap((each) => allExamples(each, `${name} ${each.name()}`.trim()));
  const own = examplesOf(command);
  return own.length === 0 ? below : [[name, own], ...below];
}

/** Formats the examples for a command's help. */
export function exampleHelp(command: Command): string {
  const lines = examplesOf(command).map(([purpose, line]) => `\n  # ${purpose}\n  ${line}`);
  return lines.length === 0 ? '' : `\nExamples:${lines.join('')}\n`;
}

/** Flags for a command that shows no progress. */
export function quietly(flags: Flags): Flags {
  return { ...flags, progress: 'none' };
}

/** The parts of the outside world that a command may use. */
export interface CommandContext extends Omit<Reporter, 'outcome' | 'close'> {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Opens standard input on the first call. */
  readonly stdin: () => NodeJS.ReadStream;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Whether the reader of stdout has gone, for example `head`. */
  readonly isOutputClosed: () => boolean;
  /** The width of the terminal on stdout; undefined when stdout is not a terminal. */
  readonly columns: number | undefined;
  /** Breaks lines at the width of that terminal. */
  readonly wrap: (text: string) => string;
  /** The command that continues the whole job, when this is one. Null when it cannot be quoted. */
  readonly jobCommand?: string | null;
  /** Called with each file as soon as it exists on the server. */
  readonly onFile?: (path: string, fileId: string) => void;
  /** Holds the first failure that also applies to all the work that is left. */
  readonly ending: { error?: UploadError };
}

/**
 * Runs the work on one subject. A known failure becomes its outcome. Any other error is a bug and
 * is thrown on.
 */
export async function outcomeOf(
  subject: Subject,
  { ending, signal }: Pick<CommandContext, 'ending' | 'signal'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  if (signal.aborted && ending.error?.code !== 'interrupted') {
    const facts = 'uploadId' in subject && subject.uploadId ? { uploadId: subject.uploadId } : {};
    const error = new UploadError('interrupted', { message: 'stopped before the end' }, facts);
    ending.error = error;
    return { status: 'failed', subject, error };
  }
  if (ending.error) return { status: 'failed', subject, error: ending.error, wasSkipped: true };
  try {
    return await work();
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (concernsAll(error.code)) ending.error ??= error;
    return { status: 'failed', subject, error };
  }
}
