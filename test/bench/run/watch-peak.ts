import { readdirSync, readFileSync } from 'node:fs';

/** A process's peak is a mark that the kernel keeps, so only what it grows in its last moments can be missed. */
const PROCESS_INTERVAL_MS = 20;

/** Looking through all processes costs more, and would weigh on the one that is measured. */
const GROUP_INTERVAL_MS = 200;

/**
 * Follows the peak of resident memory of a process (Linux; null elsewhere), or, with `isGroup`, of all processes of the
 * group that it leads: there it is the greatest sum of the peaks of those that were alive at the same time.
 * `VmHWM` is taken and not the `ru_maxrss` that `time` prints, because that one starts with the parent's memory.
 */
export function watchPeak(
  pid: number,
  { isGroup }: { readonly isGroup: boolean },
): { stop(): number | null } {
  let peakBytes = 0;
  const look = () => {
    const pids = isGroup ? groupOf(pid) : [String(pid)];
    const bytes = pids.map(peakOf).reduce((sum, peak) => sum + peak, 0);
    peakBytes = Math.max(peakBytes, bytes);
  };
  look();
  const timer = setInterval(look, isGroup ? GROUP_INTERVAL_MS : PROCESS_INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes === 0 ? null : peakBytes;
    },
  };
}

function peakOf(pid: string): number {
  return Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function groupOf(leader: number): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupIdOf(name) === leader);
}

/** After the name in parentheses, which may hold anything, come state, parent and process group. */
function groupIdOf(pid: string): number {
  const fields = read(`/proc/${pid}/stat`).split(') ').pop()?.split(' ');
  return Number(fields?.[2]);
}

/** Empty when the process has ended between two looks. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
