import { acquireToDelete } from '../lock/acquire.ts';
import type { Clock } from '../model/clock.ts';
import type { State } from './open-store.ts';
import { type SessionRecord, sessionFileName } from './record.ts';
import type { SessionIndex } from './session-index.ts';
import type { Spools } from './spools.ts';
import { subjectsOf } from './subjects.ts';

interface Forgetting {
  readonly state: State;
  readonly clock: Clock;
  readonly spools: Spools;
  readonly index: SessionIndex;
  read(uploadId: string): Promise<{ readonly record: SessionRecord } | undefined>;
}

/** Does what `Records.forget` says. */
export async function forgetRecord(
  uploadId: string,
  mayGo: (record: SessionRecord) => boolean,
  { state: { store }, clock, spools, index, read }: Forgetting,
): Promise<boolean> {
  const name = sessionFileName(uploadId);
  const take = () => store.lock(name);
  const lock = await acquireToDelete({ take, owner: () => store.owner(name), subject: uploadId, clock });

  try {
    const saved = await read(uploadId);
    if (saved === undefined || !mayGo(saved.record)) return false;

    // Delete the spool first: a record whose spool still exists can be forgotten again.
    if (saved.record.spool !== null) await spools.drop(saved.record.spool, uploadId);
    await store.remove(name);
    for (const subject of subjectsOf(saved.record)) index.drop(subject, name);
    return true;
  } finally {
    await lock.release();
  }
}
