import fs, { type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, resolve, sep } from 'node:path';
import { START_MS } from './simulated-clock.ts';

/** Everything below this folder is in memory, for all of this process. */
export const ROOT = resolve('/simulated');

/** Files that exist only in memory. */
export interface FilesInMemory {
  /** With `isReplaced`, a new file takes its place. Open readers still read the old one. */
  write(path: string, content: Buffer, isReplaced: boolean): void;
  /** What a file holds; undefined if there is none. */
  text(path: string): string | undefined;
  /** What the files below a folder hold, by their paths. */
  below(folder: string): ReadonlyMap<string, string>;
  remove(path: string): void;
  /** Deletes all files. */
  clear(): void;
  /**
   * Called before each change that a process makes. It may throw, as if the process had died there, or
   * as if there were no room, for a change that takes some.
   */
  beforeChange: (path: string, takesRoom?: boolean) => void;
  /** Gives the process its real file system back. */
  end(): void;
}

const FREE_BYTES = 1e12;

interface Inode {
  readonly ino: bigint;
  readonly isFolder: boolean;
  content: Buffer;
  /** Time of its last change, in nanoseconds. */
  changedNs: bigint;
}

interface Opened {
  readonly inode: Inode;
  readonly path: string;
  readonly isForAdding: boolean;
  /** Where the next bytes go. */
  at: number;
}

type AnyFunction = (...args: never[]) => unknown;
type Functions = Record<string, AnyFunction>;

/**
 * Gives this process files in memory. Operations on them are done by the time their promise is
 * returned. Threads would finish in a different order each time, which would make a seed useless.
 */
export function keepFilesInMemory(): FilesInMemory {
  const real = { ...fs };
  const realPromises = { ...fs.promises };
  const inodes = new Map<string, Inode>();
  /** The names in each folder. */
  const names = new Map<string, Set<string>>();
  const opened = new Map<number, Opened>();
  let [changes, nextFd] = [0, 1_000_000];

  const newInode = (isFolder = false): Inode => {
    changes += 1;
    return {
      ino: BigInt(changes),
      isFolder,
      content: Buffer.alloc(0),
      changedNs: timeOf(changes),
    };
  };
  const get = (path: string) => inodes.get(path) ?? fail('ENOENT', path);
  const namesIn = (folder: string) => names.get(folder) ?? fail('ENOTDIR', folder);
  const place = (path: string, inode: Inode) => {
    if (path !== ROOT) names.get(dirname(path))?.add(basename(path));
    inodes.set(path, inode);
    if (inode.isFolder) names.set(path, new Set());
  };
  const displace = (path: string) => {
    names.get(dirname(path))?.delete(basename(path));
    inodes.delete(path);
  };
  const set = (inode: Inode, content: Buffer) => {
    changes += 1;
    Object.assign(inode, { content, changedNs: timeOf(changes) });
  };
  const read = (inode: Inode, buffer: Uint8Array, at: readonly number[]) => {
    const [offset = 0, length = 0, position = 0] = at;
    return inode.content.copy(buffer, offset, position, position + length);
  };

  const openFile = (path: string, flags: string | number | undefined = 'r') => {
    const { O_APPEND, O_CREAT, O_EXCL } = fs.constants;
    const mayCreate = typeof flags === 'number' ? (flags & O_CREAT) !== 0 : flags !== 'r' && flags !== 'r+';
    const mustCreate = typeof flags === 'number' ? (flags & O_EXCL) !== 0 : flags.includes('x');
    const before = inodes.get(path);
    if (before === undefined && !mayCreate) fail('ENOENT', path);
    if (before !== undefined && mustCreate) fail('EEXIST', path);
    if (before === undefined) get(dirname(path));
    if (before === undefined) files.beforeChange(path, true);
    const inode = before ?? newInode();
    if (before === undefined) place(path, inode);
    nextFd += 1;
    const isForAdding = typeof flags === 'number' ? (flags & O_APPEND) !== 0 : flags.includes('a');
    opened.set(nextFd, { inode, path, isForAdding, at: 0 });
    return nextFd;
  };
  const remove = (path: string, mayBeMissing: boolean) => {
    if (!inodes.has(path)) return mayBeMissing ? undefined : fail('ENOENT', path);
    files.beforeChange(path);
    displace(path);
  };
  const statOr = (path: string, options: { bigint?: boolean; throwIfNoEntry?: boolean } = {}) => {
    const inode = inodes.get(path);
    if (inode === undefined) return options.throwIfNoEntry === false ? undefined : fail('ENOENT', path);
    return statsOf(inode, options.bigint === true);
  };

  /** What the functions do with a path, or a file, that is ours. */
  const byPath: Functions = {
    existsSync: (path: string) => inodes.has(path),
    statSync: statOr,
    lstatSync: statOr,
    openSync: openFile,
    readFileSync: (path: string, options?: unknown) => textOf(get(path), options),
    writeFileSync(path: string, text: string, options: { flag?: string } = {}) {
      const fd = openFile(path, options.flag ?? 'w');
      set(inodeOf(fd), Buffer.from(text));
      opened.delete(fd);
    },
    renameSync(from: string, to: string) {
      files.beforeChange(to);
      place(to, get(from));
      displace(from);
    },
    linkSync(from: string, to: string) {
      if (inodes.has(to)) fail('EEXIST', to);
      files.beforeChange(to);
      place(to, get(from));
    },
    unlinkSync: (path: string) => remove(path, false),
    rmSync: (path: string) => remove(path, true),
    mkdirSync(path: string) {
      if (inodes.has(path)) fail('EEXIST', path);
      get(dirname(path));
      files.beforeChange(path, true);
      place(path, newInode(true));
    },
    readdirSync(path: string) {
      get(path);
      return [...namesIn(path)];
    },
    realpathSync: (path: string) => (inodes.has(path) ? path : fail('ENOENT', path)),
  };
  const byFile: Functions = {
    fstatSync: (fd: number, options?: { bigint?: boolean }) => statsOf(inodeOf(fd), options?.bigint === true),
    readSync: (fd: number, buffer: Uint8Array, ...at: number[]) => read(inodeOf(fd), buffer, at),
    readFileSync: (fd: number, options?: unknown) => textOf(inodeOf(fd), options),
    writeFileSync: (fd: number, data: Uint8Array) => write(fd, data),
    fsyncSync: () => undefined,
    fdatasyncSync: () => undefined,
    fsync: (_fd: number, done: (error: null) => void) => done(null),
    fdatasync: (_fd: number, done: (error: null) => void) => done(null),
    closeSync: (fd: number) => void opened.delete(fd),
  };
  const inodeOf = (fd: number) => opened.get(fd)?.inode ?? fail('EBADF', String(fd));

  /** A process that dies at this may have written some of it. */
  const write = (fd: number, data: string | Uint8Array) => {
    const file = opened.get(fd) ?? fail('EBADF', String(fd));
    const bytes = Buffer.from(data);
    const put = (written: Buffer) => {
      const { content } = file.inode;
      const at = file.isForAdding ? content.length : file.at;
      const after = content.subarray(at + written.length);
      set(file.inode, Buffer.concat([content.subarray(0, at), written, after]));
      file.at = at + written.length;
    };
    try {
      files.beforeChange(file.path, true);
    } catch (error) {
      put(bytes.subarray(0, bytes.length % 50));
      throw error;
    }
    put(bytes);
  };

  const handleOf = (fd: number) => ({
    fd,
    stat: async (options: { bigint?: boolean } = {}) => statsOf(inodeOf(fd), options.bigint === true),
    async read(buffer: Buffer, ...at: number[]) {
      return { bytesRead: read(inodeOf(fd), buffer, at), buffer };
    },
    appendFile: async (data: Uint8Array) => write(fd, data),
    writeFile: async (data: Uint8Array) => write(fd, data),
    async truncate(length: number) {
      files.beforeChange(opened.get(fd)?.path ?? '');
      set(inodeOf(fd), inodeOf(fd).content.subarray(0, length));
    },
    datasync: async () => undefined,
    sync: async () => undefined,
    createReadStream() {
      const { content } = inodeOf(fd);
      const chunks = async function* () {
        if (content.length > 0) yield content;
      };
      return { [Symbol.asyncIterator]: chunks, destroy: () => undefined };
    },
    close: async () => void opened.delete(fd),
  });
  const promises: Functions = {
    open: async (path: string, flags?: number) => handleOf(openFile(path, flags)),
    stat: async (path: string, options?: { bigint: true }) => statOr(path, options),
    lstat: async (path: string, options?: { bigint: true }) => statOr(path, options),
    access: async (path: string) => void get(path),
    realpath: async (path: string) => (inodes.has(path) ? path : fail('ENOENT', path)),
    statfs: async () => ({ bavail: 1, bsize: FREE_BYTES }),
    rm: async (path: string) => remove(path, true),
  };

  const isOurs = (path: unknown): path is string => typeof path === 'string' && path.startsWith(ROOT);
  const choose = (name: string, before: AnyFunction, async = false) => {
    const [own, ofFile] = [async ? promises[name] : byPath[name], async ? undefined : byFile[name]];
    return (...args: never[]) => {
      const [first] = args as unknown[] as [PathLike | number | undefined];
      if (own !== undefined && isOurs(first)) return own(...args);
      if (ofFile !== undefined && typeof first === 'number' && opened.has(first)) return ofFile(...args);
      return before(...args);
    };
  };
  const functions = [...new Set([...Object.keys(byPath), ...Object.keys(byFile)])];
  const patch = (target: object, from: object, name: string, isAsync: boolean) => {
    const before = (from as Functions)[name];
    if (before !== undefined) Object.assign(target, { [name]: choose(name, before, isAsync) });
  };
  for (const name of functions) patch(fs, real, name, false);
  for (const name of Object.keys(promises)) patch(fs.promises, realPromises, name, true);
  syncBuiltinESMExports();

  const files: FilesInMemory = {
    beforeChange: () => undefined,
    write(path, content, isReplaced) {
      const inode = isReplaced ? newInode() : (inodes.get(path) ?? newInode());
      place(path, inode);
      set(inode, content);
    },
    text: (path) => inodes.get(path)?.content.toString(),
    below(folder) {
      const own = [...inodes].filter(([path, { isFolder }]) => path.startsWith(folder + sep) && !isFolder);
      return new Map(own.map(([path, { content }]) => [path, content.toString()]));
    },
    remove: displace,
    clear() {
      inodes.clear();
      names.clear();
      opened.clear();
      [changes, nextFd] = [0, 1_000_000];
      place(ROOT, newInode(true));
    },
    end() {
      for (const name of functions) Object.assign(fs, { [name]: (real as unknown as Functions)[name] });
      for (const name of Object.keys(promises))
        Object.assign(fs.promises, { [name]: (realPromises as unknown as Functions)[name] });
      syncBuiltinESMExports();
    },
  };
  files.clear();
  return files;
}

function fail(code: string, path: string): never {
  throw Object.assign(new Error(`simulated ${code}: ${path}`), { code });
}

function textOf({ content }: Inode, options: unknown): Buffer | string {
  const encoding =
    typeof options === 'string' ? options : (options as { encoding?: string } | undefined)?.encoding;
  return encoding === undefined ? content : content.toString();
}

/** Each change has a second of its own, in nanoseconds, about when the simulated clock begins. */
function timeOf(change: number): bigint {
  return BigInt(START_MS + change * 1000) * 1_000_000n;
}

const no = () => false;
const yes = () => true;
const OTHER_KINDS = { isSymbolicLink: no, isFIFO: no, isSocket: no, isCharacterDevice: no };
const FILE = { isFile: yes, isDirectory: no, ...OTHER_KINDS };
const FOLDER = { isFile: no, isDirectory: yes, ...OTHER_KINDS };
const OWNER = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

function statsOf({ ino, isFolder, content, changedNs }: Inode, isBig: boolean) {
  const kind = isFolder ? FOLDER : FILE;
  const times = { mtimeNs: changedNs, ctimeNs: changedNs, mtimeMs: Number(changedNs / 1_000_000n) };
  if (isBig) return { ino, dev: 1n, size: BigInt(content.length), ...times, ...kind };
  return { ino: Number(ino), dev: 1, size: content.length, ...OWNER, ...times, ...kind };
}
