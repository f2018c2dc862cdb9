import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from '../model/session-errors.ts';
import { syncDirectory } from './saved-file.ts';

/**
 * A private file for the bytes of a stream, or of a piece of a file. Only this process may use it
 * before its release.
 */
export interface Spool {
  /** The name that a record uses for it. */
  readonly name: string;
  readonly path: string;
  /** Appends a chunk. @throws UploadError `session_unwritable` */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Puts all bytes on the disk, which a record that names the spool relies on.
   * @throws like `write`
   */
  finish(): Promise<void>;
  /**
   * Unlocks the spool, and deletes it unless it is kept or a session may still need it.
   * @throws like `Spools.drop`
   */
  release(): Promise<void>;
}

interface SpoolPlace extends Pick<Spool, 'name' | 'path'> {
  readonly drop: () => Promise<unknown>;
  readonly unlock: () => Promise<void>;
}

/** Creates the file, and unlocks it if that fails. @throws system errors */
export async function createSpool({ name, path, drop, unlock }: SpoolPlace): Promise<Spool> {
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
    async release() {
      try {
        // It may be closed already. Failed writes were reported at the time.
        await file.close().catch(() => undefined);
        await drop();
      } finally {
        await unlock();
      }
    },
  };
}
