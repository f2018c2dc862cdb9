import { readdir } from 'node:fs/promises';
import type { LockWait } from '../../src/lock/acquire.ts';
import { systemClock } from '../../src/model/clock.ts';
import { openStore, recoverState } from '../../src/sessions/open-store.ts';
import { openSessions, type Sessions } from '../../src/sessions/sessions.ts';

/** Waits for nobody. */
export const noPatience: LockWait = {
  waitMs: 0,
  signal: new AbortController().signal,
  onWait: () => undefined,
};

export function sessionsIn(directory: string): Sessions {
  return openSessions(openStore({ stateDir: directory }, systemClock), systemClock);
}

/** Does the same once what killed jobs have left is recovered. */
export async function recoveredSessionsIn(directory: string): Promise<Sessions> {
  await recoverState({ stateDir: directory }, systemClock);
  return sessionsIn(directory);
}

/** The names of what is in a state directory, without the index of sessions. */
export async function filesOf(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name !== 'sources').sort();
}
