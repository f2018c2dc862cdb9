import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, posix } from 'node:path';
import type { Change, History } from './history.ts';

type Call = (this: unknown, ...args: unknown[]) => unknown;
type Functions = Record<string, Call | undefined>;

/** What may change files, or put them on the disk, without its `Sync` and as a promise. */
const CHANGING = [
  'open',
  'write',
  'writev',
  'writeFile',
  'appendFile',
  'rename',
  'link',
  'symlink',
  'unlink',
  'rm',
  'rmdir',
  'mkdir',
  'copyFile',
  'truncate',
  'ftruncate',
];
const SYNCING = ['fsync', 'fdatasync'];
const CHANGING_HANDLES = ['write', 'writev', 'writeFile', 'appendFile', 'truncate'];
const SYNCING_HANDLES = ['sync', 'datasync'];

/**
 * Records what this process does to the files below a folder, from now on. The file system stays the
 * real one: after each call that may have changed something, the folder is compared with what it was
 * before, so it does not matter how the call was made.
 * @param onChange called after each change, with the number of changes so far
 */
export async function recordHistory(
  folder: string,
  onChange: (changes: number) => void,
): Promise<() => History> {
  const isFolder: boolean[] = [];
  const changes: Change[] = [];
  const real = { ...fs };
  /** Inode numbers are used again once a file is gone. */
  const living = new Map<number, number>();
  let names = new Map<string, number>();
  const contents = new Map<number, string>();

  const add = (change: Change) => {
    changes.push(change);
    onChange(changes.length);
  };

  const look = () => {
    const found = new Map<string, number>();
    const seen = new Set<number>();
    const changed: [number, string][] = [];

    const visit = (path: string) => {
      const stats = real.lstatSync(join(folder, path), { throwIfNoEntry: false });
      if (stats === undefined) return;
      const known = living.get(stats.ino);
      const inode = known ?? isFolder.push(stats.isDirectory()) - 1;
      living.set(stats.ino, inode);
      seen.add(stats.ino);
      found.set(path, inode);
      if (stats.isDirectory())
        for (const name of real.readdirSync(join(folder, path))) visit(posix.join(path, name));
      if (!stats.isFile()) return;
      const content = real.readFileSync(join(folder, path)).toString('base64');
      if (contents.get(inode) !== content) changed.push([inode, content]);
      contents.set(inode, content);
    };
    visit('.');
    for (const ino of living.keys()) if (!seen.has(ino)) living.delete(ino);

    const gone = [...names.keys()].filter((path) => !found.has(path)).map((path) => [path, null] as const);
    const come = [...found].filter(([path, inode]) => names.get(path) !== inode);
    if (gone.length + come.length > 0) add({ type: 'names', names: [...gone, ...come] });
    for (const [inode, content] of changed) add({ type: 'content', inode, content });
    names = found;
  };

  /** Looking calls some of them too. */
  let isLooking = false;
  const compare = () => {
    if (isLooking) return;
    isLooking = true;
    look();
    isLooking = false;
  };

  const synced = (fd: number, before: number) => {
    const inode = living.get(real.fstatSync(fd).ino);
    if (inode !== undefined) add({ type: 'sync', inode, before });
  };

  /** `fdOf`: of what is synced; undefined for a call that only changes. */
  const wrap = (functions: Functions, name: string, fdOf?: (self: unknown, args: unknown[]) => number) => {
    const before = functions[name];
    if (before === undefined) return;

    functions[name] = function (...args) {
      const [fd, count] = [fdOf?.(this, args), changes.length];
      const done = () => {
        compare();
        if (fd !== undefined) synced(fd, count);
      };
      const callback = args.at(-1);
      if (typeof callback === 'function')
        args[args.length - 1] = (...results: unknown[]) => {
          done();
          callback(...results);
        };

      const result = before.apply(this, args);
      if (result instanceof Promise) return result.finally(done);
      if (typeof callback !== 'function') done();
      return result;
    };
  };

  const firstArgument = (_: unknown, [fd]: unknown[]) => Number(fd);
  const ofHandle = (self: unknown) => (self as { readonly fd: number }).fd;
  const handle = await fs.promises.open(folder);
  const handles = Object.getPrototypeOf(handle) as Functions;
  await handle.close();

  compare();
  // What is there at the beginning is on the disk.
  const begun = changes.length;
  for (const inode of isFolder.keys()) add({ type: 'sync', inode, before: begun });

  for (const name of CHANGING) {
    wrap(fs as unknown as Functions, `${name}Sync`);
    wrap(fs as unknown as Functions, name);
    wrap(fs.promises as unknown as Functions, name);
  }
  for (const name of SYNCING) {
    wrap(fs as unknown as Functions, `${name}Sync`, firstArgument);
    wrap(fs as unknown as Functions, name, firstArgument);
  }
  for (const name of CHANGING_HANDLES) wrap(handles, name);
  for (const name of SYNCING_HANDLES) wrap(handles, name, ofHandle);
  syncBuiltinESMExports();

  return () => ({ isFolder, changes });
}
