/** The commands that look at what is saved, in one piece: a short run spends its time on finding files. */
export { runList } from './list.ts';
export { runPrune } from './prune.ts';
export { runStatus } from './status.ts';
