import { CommanderError } from 'commander';
import { VERSION } from '../index.ts';
import { escapeControl } from '../ui/escape.ts';
import { stoppingLine } from '../ui/notice-lines.ts';
import type { Output } from '../ui/output.ts';
import type { CommandContext, Execute } from './command.ts';
import { stoppedBy } from './exit-codes.ts';
import type { Outcome } from './outcome.ts';
import { createProgram, createWholeProgram, putCommandFirst, refuseOtherName } from './program.ts';

/** The parts of the process that the command line needs. */
export interface Io {
  /** The arguments without the program's name. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Each is opened by the first call, because that takes Node a while and not every run needs it. */
  readonly stdin: () => NodeJS.ReadStream;
  readonly stdout: () => Output;
  readonly stderr: () => Output;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM, with its name as the reason. */
  readonly signal: AbortSignal;
}

/**
 * Runs the command line and returns its exit code. Unexpected errors end here and are reported as
 * bugs.
 */
export async function main(io: Io): Promise<number> {
  let exitCode = 0;
  let before: readonly Outcome[] = [];
  const execute: Execute = async (flags, command) => {
    exitCode = await runCommand(io, flags, async function* (context) {
      yield* before;
      if (before.every(({ status }) => status !== 'failed')) yield* command(context);
    });
  };

  // What commander says comes in pieces, and at once: it is written when it is done.
  const said: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
  const options = {
    version: VERSION,
    writeOut: (text: string) => void said.stdout.push(text),
    writeErr: (text: string) => void said.stderr.push(text),
    execute,
  };
  const program = createProgram(options);
  const whole = () => createWholeProgram(options);

  program.hook('preAction', async (_, command) => {
    before = await (await import('./config/apply-config.ts')).applyConfig(command, io.env, whole);
  });

  try {
    const words = putCommandFirst(io.argv);
    refuseOtherName(program, words[0]);
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has already printed the error. It gives 1 for a missing argument, although that is
    // a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const trace = error instanceof Error ? error.stack : String(error);
    const lines = String(trace).split('\n').map(escapeControl);
    io.stderr().write(
      `openai-upload: this is a bug, please report it with what follows\n${lines.join('\n')}\n`,
    );
    return 1;
  } finally {
    for (const name of ['stdout', 'stderr'] as const)
      if (said[name].length > 0) await writeWrapped(io[name](), said[name].join(''));
  }
}

async function writeWrapped(stream: Output, text: string): Promise<void> {
  if (!stream.isTTY) return void stream.write(text);

  // Not by the view, because a help would have to load all of it.
  const { wrapText } = await import('../ui/fit-text.ts');
  stream.write(wrapText(text, stream.columns || 80));
}

/**
 * Works through a command's outcomes. The exit code is that of the first failure. When a signal has
 * ended the run, the exit code is that of the signal: earlier failures say nothing about what is
 * left to do.
 */
async function runCommand(io: Io, ...[flags, command]: Parameters<Execute>): Promise<number> {
  const [{ createView, wrapperFor }, { createReporter }, { display: displayOf }] = await Promise.all([
    import('../ui/create-view.ts'),
    import('./render/reporter.ts'),
    import('./display.ts'),
  ]);

  const { env, signal, stdin } = io;
  const [stdout, stderr] = [io.stdout(), io.stderr()];
  const isTerminal = stderr.isTTY === true;
  const display = displayOf(flags, env, isTerminal);

  const view = await createView(display.progress, {
    ...display,
    stream: stderr,
    intervalMs: display.progressIntervalMs,
  });

  const wrap = await wrapperFor(stdout);
  const reporter = await createReporter({ stdout, view, display, flags });
  let firstFailure = 0;

  try {
    const sayStopping = () => reporter.note(stoppingLine(isTerminal));
    const context: CommandContext = {
      ...reporter,
      expect(uploads) {
        reporter.expect(uploads);
        // Adding the same listener again has no effect.
        signal.addEventListener('abort', sayStopping, { once: true });
      },
      env,
      signal,
      stdin,
      isTerminal,
      columns: stdout.isTTY ? stdout.columns || 80 : undefined,
      wrap,
      isOutputClosed: () => stdout.errored !== null,
      ending: {},
    };
    for await (const outcome of command(context)) {
      const exitCode = reporter.outcome(outcome, stoppedBy(signal));
      const isStopped = 'error' in outcome && outcome.error?.code === 'interrupted';
      if (firstFailure === 0 || isStopped) firstFailure = exitCode;
    }
  } finally {
    reporter.close();
  }

  return firstFailure;
}
