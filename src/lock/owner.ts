import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';
import { hostIdentity } from './host-identity.ts';

/** Who holds a lock, as its file says. */
export interface OwnerStamp {
  /** Tells two locks of one process apart, and one from the other that has taken its place. */
  readonly token: string;
  readonly pid: number;
  /** See `hostIdentity`: only where it is the same do process ids mean the same processes. */
  readonly host: string;
  /** When the process started, in the kernel's own count; null where that cannot be had. Tells a reused pid. */
  readonly started: string | null;
}

export function thisOwner(): OwnerStamp {
  return { token: randomUUID(), pid: process.pid, host: hostIdentity(), started: startOf(process.pid) };
}

/** Undefined when the text is none of ours. */
export function parseOwner(text: string): OwnerStamp | undefined {
  try {
    const { token, pid, host, started } = JSON.parse(text);
    const isWhole = typeof token === 'string' && Number.isSafeInteger(pid) && typeof host === 'string';
    return isWhole ? { token, pid, host, started: typeof started === 'string' ? started : null } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process lives; undefined when it cannot be told: it is on another host, where we cannot look, or the system does not
 * say since when it runs, so that its id may be another's by now.
 */
export function isAlive(owner: OwnerStamp): boolean | undefined {
  if (owner.host !== hostIdentity()) return undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const started = startOf(owner.pid);
  return owner.started === null || started === null ? undefined : started === owner.started;
}

/** Field 22 of /proc/<pid>/stat; the name in field 2 may hold spaces and parentheses, so count from its end. */
function startOf(pid: number): string | null {
  try {
    // In a namespace of its own, but with the /proc of another, the ids there are those of strangers.
    if (readlinkSync('/proc/self') !== String(process.pid)) return null;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
