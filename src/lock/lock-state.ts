import { lstatSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../model/errors.ts';
import { readFileIfThere, removeFile } from '../model/file-access.ts';
import { isAlive, type OwnerStamp, ownerOfToken, type Process, parseOwner, thisOwner } from './owner.ts';

/** How often an owner shows that it is alive. */
export const HEARTBEAT_MS = 10_000;
/** After six missed heartbeats another host may take over the lock. */
export const STALE_MS = 6 * HEARTBEAT_MS;

/**
 * The current owner of a lock; null when the file does not name it, undefined when there is none.
 * Without `nowMs`, a file is written to read the file system's clock, which is the one to act on.
 * With `nowMs`, the time in milliseconds by this machine's clock, nothing is written.
 * @throws system errors
 */
export function ownerOf(path: string, nowMs?: number): OwnerStamp | null | undefined {
  const held = readLock(path);
  return held === undefined || isStale(path, held, nowMs) ? undefined : held.owner;
}

export interface LockState {
  /** Null when the file does not name it. */
  readonly owner: OwnerStamp | null;
  readonly beatAtMs: number;
}

/** Undefined when there is no lock. @throws system errors */
export function readLock(path: string): LockState | undefined {
  try {
    const text = readFileIfThere(path);
    if (text === undefined) return undefined;
    return { owner: parseOwner(text) ?? null, beatAtMs: lstatSync(path).mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** When it is unknown whether the process is alive, the last heartbeat decides. */
export function isStale(
  path: string,
  { owner, beatAtMs }: { readonly owner: Process | null; readonly beatAtMs: number },
  nowMs?: number,
): boolean {
  const alive = owner === null ? undefined : isAlive(owner);
  return alive === undefined ? (nowMs ?? fileSystemNow(path)) - beatAtMs > STALE_MS : !alive;
}

/** The time on the machine that keeps the files, because the clocks of two hosts may differ. */
function fileSystemNow(path: string): number {
  const probe = join(dirname(path), `.${thisOwner().token}`);

  try {
    writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
    return statSync(probe).mtimeMs;
  } finally {
    removeFile(probe);
  }
}

/** Drafts that versions without tokens left behind. */
const OLD_DRAFT = /^upload_[\w%-]+\.json\.(tmp-\w+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Whether a name is one that we give to short-lived files. */
export function isMomentary(name: string): boolean {
  return ownerOfToken(name) !== undefined || OLD_DRAFT.test(name);
}

/** Whether a short-lived file was left behind by a dead process. @throws system errors */
export function isLeftBehind(path: string): boolean {
  return isStale(path, { owner: ownerOfToken(path) ?? null, beatAtMs: lstatSync(path).mtimeMs });
}
