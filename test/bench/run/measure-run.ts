import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { childrenCpuSeconds } from './children-cpu-seconds.ts';
import { nowMs } from './now-ms.ts';
import { watchPeak } from './watch-peak.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside PATH; nothing else of this machine's environment is passed on, as with `env -i`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** It starts further processes, whose memory counts too. */
  readonly isGroup?: boolean;
  /** Kills it after this time; that is no failure then. */
  readonly timeLimitMs?: number;
}

export interface Run {
  /** From before the process is started until it has ended and its output is read. */
  readonly seconds: number;
  /** Null where the system does not tell. */
  readonly cpuSeconds: number | null;
  readonly peakBytes: number | null;
  readonly stdout: string;
  /** On the clock of `nowMs`. */
  readonly startedAtMs: number;
  readonly isCut: boolean;
}

/** Runs one command to its end. No other child may end meanwhile. @throws Error when it fails */
export async function measureRun(command: Command, signal: AbortSignal): Promise<Run> {
  signal.throwIfAborted();
  const cpuBefore = childrenCpuSeconds();
  const startedAtMs = nowMs();
  const child = start(command);
  const output = collect(child);
  const peak = watchPeak(child.pid ?? 0, { isGroup: command.isGroup ?? false });
  const cut = new AbortController();
  const timer = command.timeLimitMs && setTimeout(() => cut.abort(), command.timeLimitMs);
  const end = AbortSignal.any([signal, cut.signal]);
  const kill = () => killGroup(child);
  end.addEventListener('abort', kill, { once: true });
  try {
    const [code, by] = await once(child, 'close');
    const seconds = (nowMs() - startedAtMs) / 1000;
    signal.throwIfAborted();
    const isCut = cut.signal.aborted;
    if (code !== 0 && !isCut) throw new Error(`${by ?? `exit code ${code}`}: ${output.stderr.slice(-500)}`);
    const cpuAfter = childrenCpuSeconds();
    const cpuSeconds = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
    return { seconds, cpuSeconds, peakBytes: peak.stop(), stdout: output.stdout, startedAtMs, isCut };
  } finally {
    peak.stop();
    clearTimeout(timer || undefined);
    end.removeEventListener('abort', kill);
  }
}

/** In a process group of its own, so that all of it can be killed. */
function start({ command, args, env = {}, cwd }: Command): ChildProcess {
  return spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(cwd !== undefined && { cwd }),
  });
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended at this moment.
  }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return output;
}
