/** All that needs no network, in one piece: a short run spends its time on finding files. */
export { listSessions } from './list.ts';
export { createLocalDependencies } from './local-dependencies.ts';
export { pruneSessions } from './prune.ts';
export { sessionStatus } from './status.ts';
