import fs, { type OpenMode, type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';

/** A file that exists only in memory, for all readers in this process. */
export interface SourceInMemory {
  readonly path: string;
  /** With `isReplaced`, a new file takes its place. Open readers still read the old one. */
  write(content: Buffer, isReplaced: boolean): void;
  /** Gives the process its real file system back. */
  end(): void;
}

interface Inode {
  readonly ino: bigint;
  content: Buffer;
  /** Time of its last change, in nanoseconds. */
  changedNs: bigint;
}

/**
 * Gives this process a file in memory. Operations on it are done by the time their promise is
 * returned. Threads would finish in a different order each time, which would make a seed useless.
 */
export function keepSourceInMemory(): SourceInMemory {
  const path = resolve('/simulated/source.bin');
  const { readSync } = fs;
  const promises = { ...fs.promises };
  const opened = new Map<number, Inode>();
  let [source, writes, nextFd]: [Inode, number, number] = [newInode(0), 0, 1_000_000];

  const readFrom = (inode: Inode, buffer: Uint8Array, at: readonly [number, number, number]) => {
    const [offset, length, position] = at;
    return inode.content.copy(buffer, offset, position, position + length);
  };

  const open = async (at: PathLike, flags?: OpenMode) => {
    if (at !== path) return await promises.open(at, flags);
    const [own, fd] = [source, nextFd];
    nextFd += 1;
    opened.set(fd, own);
    return {
      fd,
      stat: async () => statsOf(own),
      async read(buffer: Buffer, ...at: [number, number, number]) {
        return { bytesRead: readFrom(own, buffer, at), buffer };
      },
      close: async () => void opened.delete(fd),
    };
  };

  const stat = async (at: PathLike, options: { bigint: true }) =>
    at === path ? statsOf(source) : await promises.stat(at, options);
  const access = async (at: PathLike, mode?: number) =>
    at === path ? undefined : await promises.access(at, mode);
  Object.assign(fs.promises, { open, stat, access });
  Object.assign(fs, {
    readSync(fd: number, buffer: Buffer, ...at: [number, number, number]) {
      const inode = opened.get(fd);
      return inode === undefined ? readSync(fd, buffer, ...at) : readFrom(inode, buffer, at);
    },
  });
  syncBuiltinESMExports();

  return {
    path,
    write(content, isReplaced) {
      writes += 1;
      if (isReplaced) source = newInode(writes);
      Object.assign(source, { content, changedNs: BigInt(writes) * 1_000_000_000n });
    },
    end() {
      Object.assign(fs.promises, promises);
      Object.assign(fs, { readSync });
      syncBuiltinESMExports();
    },
  };
}

function newInode(number: number): Inode {
  return { ino: BigInt(number), content: Buffer.alloc(0), changedNs: 0n };
}

function statsOf({ ino, content, changedNs }: Inode) {
  const times = { mtimeNs: changedNs, ctimeNs: changedNs };
  return { ino, size: BigInt(content.length), ...times, isFile: () => true };
}
