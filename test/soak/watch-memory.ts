import { readFileSync } from 'node:fs';

/** Samples a process's resident memory (Linux). `stop` gives the peaks of the first and the second half, in MB. */
export function watchMemory(pid: number): { stop(): readonly [number, number] } {
  const samples: number[] = [];
  const timer = setInterval(() => {
    try {
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (kilobytes !== undefined) samples.push((Number(kilobytes) * 1024) / 1e6);
    } catch {
      // The process has ended between two samples.
    }
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      const half = Math.floor(samples.length / 2);
      return [Math.max(...samples.slice(0, half)), Math.max(...samples.slice(half))];
    },
  };
}
