import { mkdirSync, readdirSync } from 'node:fs';
import { isUploadError, systemCode, type UploadError } from '../model/errors.ts';
import { corrupt } from './parse-record.ts';
import type { SessionRecord } from './record.ts';
import { createSession, openSession, type Session, unreadable, unwritable } from './session.ts';
import { sessionFileName } from './session-file-name.ts';

/** The saved uploads of one state directory. */
export interface Sessions {
  readonly directory: string;
  /** @throws UploadError `session_unwritable` */
  create(record: SessionRecord): Session;
  /** Undefined when nothing is saved under that id. @throws UploadError `session_corrupt`, `session_newer`, `session_unreadable` */
  open(uploadId: string): Session | undefined;
  /** All of them, newest first, and apart from them what is wrong with those that cannot be read. @throws UploadError `session_unreadable` */
  list(): { readonly sessions: readonly Session[]; readonly unusable: readonly UploadError[] };
}

export function openSessions(directory: string): Sessions {
  return {
    directory,
    create(record) {
      makeDirectory(directory);
      return createSession(directory, sessionFileName(record.uploadId), record);
    },
    open(uploadId) {
      const session = openSession(directory, sessionFileName(uploadId));
      if (session && session.record.uploadId !== uploadId) {
        throw corrupt(session.path, `it speaks of ${session.record.uploadId}`);
      }
      return session;
    },
    list: () => listSessions(directory),
  };
}

function listSessions(directory: string): ReturnType<Sessions['list']> {
  const sessions: Session[] = [];
  const unusable: UploadError[] = [];
  for (const name of recordNames(directory)) {
    try {
      const session = openSession(directory, name);
      if (session) sessions.push(session);
    } catch (error) {
      if (!isUploadError(error)) throw error;
      unusable.push(error);
    }
  }
  sessions.sort((a, b) => b.record.createdAt - a.record.createdAt);
  return { sessions, unusable };
}

/** Mode 0700, missing parents included. A directory that is there already keeps the mode its owner gave it. */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
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
