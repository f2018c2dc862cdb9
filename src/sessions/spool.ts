import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from '../model/session-errors.ts';
import { syncDirectory, writeSavedFile } from './saved-file.ts';

/** A private file for the bytes of a stream, or of a piece of a file. This process alone may use it until it is released. */
export interface Spool {
  /** What a record calls it. */
  readonly name: string;
  readonly path: string;
  /** Adds a chunk. @throws UploadError `session_unwritable` */
  write(chunk: Uint8Array): Promise<void>;
  /** Puts all of it on the disk, as a record that names it promises. @throws as `write` */
  finish(): Promise<void>;
  /** Keeps it, even without a session, so that the stream need not be read again. @throws as `write` */
  keep(): Promise<void>;
  /** Unlocks it, and deletes it unless it is kept or a session may still need it. @throws as `Spools.drop` */
  release(): Promise<void>;
}

interface SpoolPlace extends Pick<Spool, 'name' | 'path'> {
  /** The file whose presence says that the spool is kept. */
  readonly mark: string;
  readonly drop: () => Promise<unknown>;
  readonly unlock: () => Promise<void>;
}

/** Creates the file, and unlocks it when that fails. @throws system errors */
export async function createSpool({ name, path, mark, drop, unlock }: SpoolPlace): Promise<Spool> {
  const file = await open(path, 'wx', 0o600).catch(async (cause) => {
    await unlock();
    throw cause;
  });

  const writing = async (action: () => Promise<unknown>) => {
    await action().catch((cause) => {
      throw unwritable(path, cause);
    });
  };

  return {
    name,
    path,
    write: (chunk) => writing(() => file.writeFile(chunk)),
    finish: () =>
      writing(async () => {
        await file.sync();
        await file.close();
        syncDirectory(dirname(path));
      }),
    keep: () => writing(async () => writeSavedFile(mark, '')),
    async release() {
      try {
        // It may be closed already. What could not be written was reported at the time.
        await file.close().catch(() => undefined);
        await drop();
      } finally {
        await unlock();
      }
    },
  };
}
