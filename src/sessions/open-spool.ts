import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { unwritable } from '../model/session-errors.ts';

/** A private file for the bytes of a stream. This process alone has it until it is released. */
export interface Spool {
  /** By which a record names it. */
  readonly name: string;
  readonly path: string;
  /** Adds a chunk. @throws UploadError `session_unwritable` */
  write(chunk: Uint8Array): Promise<void>;
  /** All of it is on the disk when this resolves, as a record that names it promises. @throws as `write` */
  finish(): Promise<void>;
  /** All has been read, and shall not have to be again: it stays, also without a session. @throws as `write` */
  keep(): Promise<void>;
  /** Lets go of the file, and deletes it unless it is kept or a session may still go on with it. @throws as `Spools.drop` */
  release(): Promise<void>;
}

interface OpenSpool extends Pick<Spool, 'name' | 'path'> {
  /** The file whose being there says that it is kept. */
  readonly mark: string;
  readonly drop: () => Promise<unknown>;
  readonly unlock: () => Promise<void>;
}

/** Makes the file. @throws system errors */
export async function openSpool({ name, path, mark, drop, unlock }: OpenSpool): Promise<Spool> {
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
    finish: () => writing(() => file.sync().then(() => file.close())),
    keep: () => writing(async () => writeFileSync(mark, '', { mode: 0o600 })),
    async release() {
      try {
        // It may be closed already; what could not be written was told when it was.
        await file.close().catch(() => undefined);
        await drop();
      } finally {
        await unlock();
      }
    },
  };
}
