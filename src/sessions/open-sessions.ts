import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { type Claim, claim, type Patience } from './claim.ts';
import { makeDirectory } from './make-directory.ts';
import { corrupt } from './parse-record.ts';
import type { SessionRecord } from './record.ts';
import {
  createSession,
  openSession,
  readSession,
  type SavedSession,
  type Session,
  unreadable,
  unwritable,
} from './session.ts';
import { sessionFileName } from './session-file-name.ts';

/** The saved uploads of one state directory. */
export interface Sessions {
  readonly directory: string;
  /** Saves a new upload; who creates it has it. @throws UploadError `session_unwritable` */
  create(record: SessionRecord, patience: Patience): Promise<Session>;
  /** Undefined when nothing is saved under that id. @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable` */
  read(uploadId: string): SavedSession | undefined;
  /** As `read`, but to change it: for this process alone until it is released. @throws as `read`; `session_locked` */
  open(uploadId: string, patience: Patience): Promise<Session | undefined>;
  /** Claims the right to begin uploads of a source, so that two processes do not begin two. @throws UploadError `session_locked` */
  claimSource(path: string, patience: Patience): Promise<Claim>;
  /** All of them, newest first, and apart from them what is wrong with those that cannot be read. @throws UploadError `session_unreadable` */
  list(): { readonly sessions: readonly SavedSession[]; readonly unusable: readonly UploadError[] };
}

export function openSessions(directory: string, clock: Clock): Sessions {
  const lockSession = (uploadId: string, patience: Patience) =>
    claim(join(directory, `${sessionFileName(uploadId)}.lock`), uploadId, clock, patience);
  const read = (uploadId: string) => checkId(readSession(directory, sessionFileName(uploadId)), uploadId);
  return {
    directory,
    read,
    async create(record, patience) {
      makeOurDirectory(directory);
      const lock = await lockSession(record.uploadId, patience);
      return releaseOnFailure(lock, () =>
        createSession(directory, sessionFileName(record.uploadId), record, lock),
      );
    },
    async open(uploadId, patience) {
      if (read(uploadId) === undefined) return undefined;
      const lock = await lockSession(uploadId, patience);
      const session = releaseOnFailure(lock, () => openSession(directory, sessionFileName(uploadId), lock));
      if (session === undefined) lock.release();
      return session;
    },
    async claimSource(path, patience) {
      makeOurDirectory(directory);
      const digest = createHash('sha256').update(path).digest('hex').slice(0, 32);
      return claim(join(directory, `source-${digest}.lock`), path, clock, patience);
    },
    list: () => listSessions(directory),
  };
}

function checkId(session: SavedSession | undefined, uploadId: string): SavedSession | undefined {
  if (session === undefined || session.record.uploadId === uploadId) return session;
  throw corrupt(session.path, `it speaks of ${session.record.uploadId}`);
}

function releaseOnFailure<T>(lock: Claim, action: () => T): T {
  try {
    return action();
  } catch (error) {
    lock.release();
    throw error;
  }
}

function listSessions(directory: string): ReturnType<Sessions['list']> {
  const sessions: SavedSession[] = [];
  const unusable: UploadError[] = [];
  for (const name of recordNames(directory)) {
    try {
      const session = readSession(directory, name);
      if (session) sessions.push(session);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      unusable.push(error);
    }
  }
  sessions.sort((a, b) => b.record.createdAt - a.record.createdAt);
  return { sessions, unusable };
}

function makeOurDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

function recordNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(directory, cause);
  }
}
