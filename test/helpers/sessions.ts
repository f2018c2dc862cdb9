import type { LockWait } from '../../src/sessions/claim.ts';
import { openSessions, type Sessions } from '../../src/sessions/open-sessions.ts';
import { openStore } from '../../src/sessions/store/open-store.ts';
import { systemClock } from '../../src/system-clock.ts';

/** Waits for nobody. */
export const noPatience: LockWait = {
  waitMs: 0,
  signal: new AbortController().signal,
  onWait: () => undefined,
};

export function sessionsIn(directory: string): Sessions {
  return openSessions(openStore({ stateDir: directory }, systemClock), systemClock);
}
