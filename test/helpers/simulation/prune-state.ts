import { pruneSessions } from '../../../src/local/prune.ts';
import type { Clock } from '../../../src/model/clock.ts';
import { createServerClock } from '../../../src/model/server-clock.ts';
import type { PruneResult } from '../../../src/model/session-summary.ts';
import { accountAsSet } from '../../../src/options/validate.ts';
import { openStore, recoverState, type StateOptions } from '../../../src/sessions/open-store.ts';
import { openRecords } from '../../../src/sessions/records.ts';
import { BASE_URL } from './simulated-process.ts';

/** Runs `prune` as a process would whose clock this is. @throws what the process dies of */
export async function pruneState(state: StateOptions, clock: Clock): Promise<PruneResult> {
  await recoverState(state, clock);

  return await pruneSessions(
    {},
    {
      records: openRecords(openStore(state, clock), clock),
      connection: accountAsSet({ baseUrl: BASE_URL }),
      serverClock: createServerClock(clock),
      clock,
      stateDir: state.stateDir,
      signal: undefined,
    },
  );
}
