import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { thisOwner } from '../lock/owner.ts';
import { systemCode } from '../model/errors.ts';
import { openRegularFile, patiently, refuseOtherFolders, removeFile } from '../model/file-access.ts';

/**
 * Writes a file with mode 0600, replacing any existing one. It is on the disk when this returns,
 * and survives a power cut. It is never half written: a temporary file beside it is written and
 * synced first, and replaces it only when complete.
 * @throws system errors; the file is then unchanged
 */
export function writeSavedFile(path: string, text: string): void {
  replaceFile(path, text, { token: thisOwner().token, sync: fsyncSync });
  syncDirectory(dirname(path));
}

/** Writes a file under a temporary name that ends with `token`, and then renames it. */
export function replaceFile(
  path: string,
  text: string,
  { token, sync }: { readonly token: string; readonly sync?: (file: number) => void },
): void {
  const draft = `${path}.${token}`;

  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      fillDraft(file, text, path);
      sync?.(file);
    } finally {
      closeSync(file);
    }
    patiently(() => renameSync(draft, path));
  } catch (error) {
    removeFile(draft);
    throw error;
  }
}

/**
 * Appends text to a file that belongs to the saved file `owner`. It is on the disk when this
 * returns. After a failure or a power cut the last lines may be cut off.
 * @throws system errors
 */
export function appendToSavedFile(path: string, text: string, owner: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY;
  const file = patiently(() => openRegularFile(path, flags, { isSaved: true }));

  try {
    const isNew = fstatSync(file).size === 0;
    if (isNew) keepOwner(file, owner);
    writeFileSync(file, text);
    fdatasyncSync(file);
    if (isNew) syncDirectory(dirname(path));
  } finally {
    closeSync(file);
  }
}

/** Writes the whole text, without a sync. */
export function fillDraft(file: number, text: string, path: string): void {
  const content = Buffer.from(text);
  // `writeFileSync` continues after a short write, so a full disk becomes an error.
  writeFileSync(file, content);
  const { size } = keepOwner(file, path);

  if (size !== content.length) throw new Error(`only ${size} of ${content.length} bytes were written`);
}

/** Keeps a record owned by the user when root continues the upload. Returns the file's facts. */
function keepOwner(file: number, path: string): Stats {
  const before = lstatSync(path, { throwIfNoEntry: false });
  const now = fstatSync(file);
  if (before === undefined || (before.uid === now.uid && before.gid === now.gid)) return now;

  try {
    fchownSync(file, before.uid, before.gid);
  } catch {
    // Only root may change the owner. Otherwise the file belongs to the user who writes it.
  }
  return now;
}

export const sync = (file: number) => settled((done) => fsync(file, done));
export const dataSync = (file: number) => settled((done) => fdatasync(file, done));

/** `promisify` would copy the properties of the function each time. */
function settled(work: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error ? reject(error) : resolve())));
}

/** Directories whose parent this process has synced since they were created. */
const durable = new Set<string>();

/**
 * Creates a directory with mode 0700 and its missing parents. It is on the disk when this returns,
 * even if a process that was killed had only just created it. An existing one keeps its mode.
 * @param syncParent `syncLater` for a caller that syncs the parent itself, with other changes
 * @throws system errors
 */
export function makeDirectory(directory: string, syncParent = syncDirectory): void {
  const path = resolve(directory);
  const parent = dirname(path);
  if (durable.has(path) && existsSync(path)) return;
  const isNew = createDirectory(path, parent);
  syncParent(parent);
  durable.add(path);

  // Another process may have created the parent just now, too.
  if (isNew && !durable.has(parent)) {
    syncParent(dirname(parent));
    durable.add(parent);
  }
}

/**
 * Like `makeDirectory`, for a folder in a state directory.
 * @throws also if it is a link, because files would then be written somewhere else
 */
export function makeFolder(folder: string, syncParent = syncDirectory): void {
  makeDirectory(folder, syncParent);
  refuseOtherFolders(folder);
}

/**
 * Returns false if the directory existed. Node's own `recursive` loops forever where nothing can be
 * created, such as in /proc.
 */
function createDirectory(path: string, parent: string): boolean {
  try {
    return mkdir(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
  }

  makeDirectory(parent);
  return mkdir(path);
}

function mkdir(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
    throw error;
  }
}

/** Errors of a directory that cannot be synced, on some file systems or without read permission. */
const NO_SYNC: readonly unknown[] = ['EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOTTY'];

/** Windows refuses to sync any directory. */
const NO_SYNC_ON_WINDOWS: readonly unknown[] = [...NO_SYNC, 'EPERM', 'EISDIR'];

/** Saves the list of files in a directory. Without this, a new name is gone after a power cut. */
export function syncDirectory(directory: string): void {
  let file: number | undefined;

  try {
    file = openSync(directory, 'r');
    fsyncSync(file);
  } catch (error) {
    refuseIntolerable(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export const syncLater = (): void => undefined;

/** @throws the error, unless it only says that the directory cannot be synced */
export function refuseIntolerable(error: unknown): void {
  const tolerated = process.platform === 'win32' ? NO_SYNC_ON_WINDOWS : NO_SYNC;
  if (!tolerated.includes(systemCode(error))) throw error;
}
