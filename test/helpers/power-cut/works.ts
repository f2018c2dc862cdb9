import { recordJob, surviveJob } from './jobs.ts';
import { recordPrune, survivePrune } from './prunes.ts';
import { recordPush, survivePush } from './pushes.ts';
import type { PowerCuts } from './survive-power-cuts.ts';

/** Everything that is done while the power is cut. */
export const WORKS = ['file', 'stream', 'job', 'manifest', 'split', 'prune'] as const;

/** Does the work once, and returns what it has done, and how to go on from what is left of it. */
export async function recordWork(
  folder: string,
  kind: (typeof WORKS)[number],
): Promise<Pick<PowerCuts, 'recorded' | 'survive'>> {
  if (kind === 'prune') {
    const { work, recorded } = await recordPrune(folder);
    return { recorded, survive: (state) => survivePrune(work, state) };
  }

  if (kind === 'file' || kind === 'stream') {
    const { work, recorded } = await recordPush(folder, kind);
    return { recorded, survive: (state) => survivePush(work, state) };
  }

  const { work, recorded } = await recordJob(folder, kind);
  return { recorded, survive: (state) => surviveJob(work, state) };
}
