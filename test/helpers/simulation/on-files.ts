import { isMomentary } from '../../../src/lock/lock-state.ts';
import { type FilesInMemory, ROOT } from './files-in-memory.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/**
 * Lets a process work on the files in memory until it ends. Each change is a step of it, and may find
 * the disk full. Whatever of it is still under way when it dies changes nothing any more.
 * @param onFull called when there was no room for a change
 */
export async function onFiles<T>(
  files: FilesInMemory,
  process: SimulatedProcess,
  work: () => Promise<T>,
  onFull: () => void = () => undefined,
): Promise<T> {
  files.beforeChange = (_, takesRoom = false) => {
    process.stepNow();
    if (!takesRoom || !process.random.chance(process.fullDiskShare)) return;

    onFull();
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };

  try {
    return await work();
  } finally {
    files.beforeChange = () => undefined;
    if (!process.isAlive()) dropLeftovers(files);
  }
}

/**
 * Whoever takes over the lock of a dead process deletes what it has left. Here all processes have the
 * same number, so nobody would.
 */
function dropLeftovers(files: FilesInMemory): void {
  for (const path of files.below(ROOT).keys())
    if (path.endsWith('.lock') || (isMomentary(path) && !path.endsWith('.commits'))) files.remove(path);
}
