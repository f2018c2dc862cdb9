import type { Command } from 'commander';
import { isUploadError, type UploadError, type UploadEvent } from '../index.ts';
import type { EndOfUpload, ExpectedUpload } from '../ui/progress-view.ts';
import { endsEverything, exitCodeOf } from './exit-codes.ts';
import type { Failure, Outcome, Subject } from './outcome.ts';
import type { Flags } from './settings.ts';

/** What a call is for, and the call. A test runs each. */
export type Example = readonly [purpose: string, line: string];

/** Runs a command that the arguments have named, with its flags. */
export type Execute = (
  flags: Flags,
  command: (context: CommandContext) => AsyncGenerator<Outcome>,
) => Promise<void>;

/** What a command declares itself with. */
export interface CommandSetup {
  /**
   * Declares a command, with the flags that every command takes and the examples of its help. What
   * it takes besides is declared only when it is called: hundreds of flags take a while.
   */
  readonly declare: (
    usage: string,
    description: string,
    examples: readonly Example[],
    declareRest: (command: Command) => void,
  ) => Command;
  /**
   * Declares a command with commands below it, which are declared only when one of them is called.
   */
  readonly declareGroup: (
    name: string,
    description: string,
    examples: readonly Example[],
    declareAll: (group: Command) => void,
  ) => void;
  readonly execute: Execute;
  /** The program with all commands of all groups. */
  readonly whole: () => Command;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Gives a command the examples of its help. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples);
  return command;
}

function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

/**
 * The examples of a program and of all commands below it, by name, such as `config set`; the
 * program's is empty.
 */
export function allExamples(command: Command, name = ''): readonly (readonly [string, readonly Example[]])[] {
  const below = command.commands.flatMap((each) => allExamples(each, `${name} ${each.name()}`.trim()));
  const own = examplesOf(command);
  return own.length === 0 ? below : [[name, own], ...below];
}

/** The part of a help that shows the examples. */
export function exampleHelp(command: Command): string {
  const lines = examplesOf(command).map(([purpose, line]) => `\n  # ${purpose}\n  ${line}`);
  return lines.length === 0 ? '' : `\nExamples:${lines.join('')}\n`;
}

/** Flags for a command that shows no progress. */
export function quietly(flags: Flags): Flags {
  return { ...flags, progress: 'none' };
}

/** What a command may use of the outside. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** What is going to be uploaded, before the first event. */
  readonly expect: (uploads: readonly ExpectedUpload[] | undefined) => void;
  /** One more of those, when it was not known how many there are. */
  readonly found: (index: number, upload: ExpectedUpload) => void;
  /** One of those is over, without an event or a failure that says so. */
  readonly ended: (index: number, how: EndOfUpload) => void;
  /** A line for people, at once. */
  readonly note: (text: string) => void;
  /** Not opened before it is asked for. */
  readonly stdin: () => NodeJS.ReadStream;
  /** `index`: of the argument that the event is about. */
  readonly onEvent: (event: UploadEvent, index?: number) => void;
  /** Reports a failure at once; its outcome comes in its turn. */
  readonly onFailure: (failure: Failure, index: number) => void;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Whether nobody reads stdout any more, as after `head`. */
  readonly isOutputClosed: () => boolean;
  /** Of the terminal that stdout is, undefined when it is none. */
  readonly columns: number | undefined;
  /** Breaks lines for that terminal. */
  readonly wrap: (text: string) => string;
  /** What goes on with the whole job, when this is one. */
  readonly jobCommand?: string | null;
  /** Called with each file that is there, as soon as it is. */
  readonly onFile?: (path: string, fileId: string) => void;
  /** Holds the failure that stands against all that is left, once there is one. */
  readonly ending: { error?: UploadError };
}

/**
 * Runs the work on one subject; a failure we know is its outcome, anything else is a bug and goes
 * on up.
 */
export async function outcomeOf(
  subject: Subject,
  { ending }: Pick<CommandContext, 'ending'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  if (ending.error) return { status: 'failed', subject, error: ending.error, wasSkipped: true };
  try {
    return await work();
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (endsEverything(exitCodeOf(error.code))) ending.error ??= error;
    return { status: 'failed', subject, error };
  }
}
