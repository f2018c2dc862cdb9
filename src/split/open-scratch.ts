import type { FileHandle } from 'node:fs/promises';
import { systemCode, UploadError } from '../model/errors.ts';
import type { Scratch } from '../preflight/many-ids.ts';
import type { Spool } from '../sessions/spool.ts';
import type { Spools } from '../sessions/spools.ts';
import { openFile } from '../source/inspect-file.ts';
import { tidySpools } from '../upload/context.ts';

/**
 * Opens a private file for data that does not fit into memory, created on first use. It is a spool
 * without a record, so a later sweep deletes what a killed run leaves behind.
 */
export function openScratch(deps: { readonly sessions: { readonly spools: Spools } }): {
  readonly open: () => Promise<Scratch>;
  readonly release: () => Promise<void>;
} {
  let opening: Promise<{ readonly spool: Spool; readonly file: FileHandle }> | undefined;

  const openBoth = async () => {
    await tidySpools(deps, (spools) => spools.sweep());
    const spool = await deps.sessions.spools.create();
    return { spool, file: await openFile(spool.path) };
  };

  return {
    async open() {
      opening ??= openBoth();
      const { spool, file } = await opening;
      return {
        write: spool.write,
        async read(into, position) {
          for (let filled = 0; filled < into.length; ) {
            const reading = file.read(into, filled, into.length - filled, position + filled);
            const { bytesRead } = await reading.catch((cause) => {
              throw unreadable(spool.path, systemCode(cause) ?? String(cause));
            });
            if (bytesRead === 0) throw unreadable(spool.path, 'it became shorter');
            filled += bytesRead;
          }
        },
      };
    },
    async release() {
      if (opening === undefined) return;
      const opened = await opening.catch(() => undefined);
      if (opened === undefined) return;
      const { spool, file } = opened;
      await file.close();
      await tidySpools(deps, () => spool.release());
    },
  };
}

function unreadable(path: string, why: string): UploadError {
  return new UploadError('session_unreadable', { message: `reading ${path} failed: ${why}` });
}
