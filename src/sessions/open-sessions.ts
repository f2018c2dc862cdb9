import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Slices } from '../plan/slices.ts';
import { makeDirectory } from '../storage/make-directory.ts';
import { type Claim, claim, type Patience } from './claim.ts';
import { lockPath, openRecords, type Records } from './open-records.ts';
import type { SessionRecord } from './record.ts';
import { unwritable } from './record-errors.ts';
import { createSession, openSession, type Session } from './session.ts';
import { sessionFileName } from './session-file-name.ts';

/** The saved uploads of one state directory. */
export interface Sessions extends Records {
  /** Saves a new upload; who creates it has it. @throws UploadError `session_unwritable` */
  create(record: SessionRecord, patience: Patience): Promise<Session>;
  /** As `read`, but to change it: for this process alone until it is released. @throws as `read`; `session_locked` */
  open(uploadId: string, patience: Patience): Promise<Session | undefined>;
  /**
   * Claims the right to begin uploads of a source, or of these slices of it, so that two processes do not begin two.
   * @throws UploadError `session_locked`
   */
  claimContent(
    content: { readonly source: { readonly path: string }; readonly slices: Slices | null },
    patience: Patience,
  ): Promise<Claim>;
}

export function openSessions(directory: string, clock: Clock): Sessions {
  const records = openRecords(directory, clock);
  const lockSession = (uploadId: string, patience: Patience) =>
    claim(lockPath(directory, uploadId), uploadId, clock, patience);
  return {
    ...records,
    async create(record, patience) {
      makeOurDirectory(directory);
      const lock = await lockSession(record.uploadId, patience);
      return releaseOnFailure(lock, () =>
        createSession(directory, sessionFileName(record.uploadId), record, lock),
      );
    },
    async open(uploadId, patience) {
      if (records.read(uploadId) === undefined) return undefined;
      const lock = await lockSession(uploadId, patience);
      const session = releaseOnFailure(lock, () => openSession(directory, sessionFileName(uploadId), lock));
      if (session === undefined) lock.release();
      return session;
    },
    async claimContent({ source: { path }, slices }, patience) {
      makeOurDirectory(directory);
      const subject = slices === null ? path : `${path}\n${slices.bytes} ${slices.checksum}`;
      const digest = createHash('sha256').update(subject).digest('hex').slice(0, 32);
      return claim(join(directory, `source-${digest}.lock`), path, clock, patience);
    },
  };
}

function releaseOnFailure<T>(lock: Claim, action: () => T): T {
  try {
    return action();
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makeOurDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}
