import fs, { type OpenMode, type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * From here on, what this process asks of the file system through promises is done by the time the
 * promise is there. The files stay the real ones, but no thread reads them: threads would end in
 * another order each time, and a seed would be worth nothing. It is five times as fast, too.
 * @returns what ends it
 */
export function readAtOnce(): () => void {
  const before = { ...fs.promises };

  const open = async (path: PathLike, flags?: OpenMode) => {
    const fd = fs.openSync(path, flags ?? 'r');
    return {
      fd,
      stat: async (options: { bigint: true }) => fs.fstatSync(fd, options),
      async read(buffer: Buffer, offset: number, length: number, position: number) {
        return { bytesRead: fs.readSync(fd, buffer, offset, length, position), buffer };
      },
      close: async () => fs.closeSync(fd),
    };
  };
  const stat = async (path: PathLike, options: { bigint: true }) => fs.statSync(path, options);
  const access = async (path: PathLike, mode?: number) => fs.accessSync(path, mode);

  Object.assign(fs.promises, { open, stat, access });
  syncBuiltinESMExports();

  return () => {
    Object.assign(fs.promises, before);
    syncBuiltinESMExports();
  };
}
