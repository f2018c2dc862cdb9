import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { systemCode } from '../model/errors.ts';

/** What a lock file says about the process that holds it. */
export interface OwnerStamp {
  /** Distinguishes two locks of one process, and a lock from the one that replaced it. */
  readonly token: string;
  readonly pid: number;
  /** See `hostIdentity`: pids can be compared only where this is equal. */
  readonly host: string;
  /**
   * When the process started, in clock ticks of its kernel: a reused pid has another. Null where
   * unknown.
   */
  readonly started: string | null;
}

/** A new stamp of this process. */
export function thisOwner(): OwnerStamp {
  return { token: randomUUID(), pid: process.pid, host: hostIdentity(), started: startOf(process.pid) };
}

/** Undefined when the text is not a stamp. */
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
 * Whether the process is alive. Undefined when that is unknown: the process is on another host, or
 * the system does not say when it started, so that its pid may belong to another process by now.
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

/**
 * Field 22 of /proc/<pid>/stat, counted from the end of field 2: a name with spaces and
 * parentheses.
 */
function startOf(pid: number): string | null {
  try {
    // A process in its own pid namespace may see the /proc of another, whose pids are not its own.
    if (readlinkSync('/proc/self') !== String(process.pid)) return null;

    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * What distinguishes the place where a process runs from others whose pids mean other processes.
 */
export interface HostFacts {
  readonly name: string;
  /** Linux: changes with every start of the machine, and differs between machines of one name. */
  readonly bootId: string | null;
  /** Linux: each container of a machine has its own, even when they share a name. */
  readonly pidNamespace: string | null;
  /** Elsewhere: the hardware addresses of the network cards, which two machines do not share. */
  readonly cards: readonly string[];
}

/** For a process that cannot learn where it runs: no other process is ever in the same place. */
const NOWHERE_ELSE = randomUUID();

/**
 * The host's name, for people, and after a space what distinguishes hosts of that name. Where two
 * identities are equal, pids can be compared.
 */
export function hostIdentity({ name, bootId, pidNamespace, cards }: HostFacts = factsOfThisHost()): string {
  if (bootId !== null && pidNamespace !== null) return `${name} ${bootId} ${pidNamespace}`;

  // One of the two is not enough: containers share the boot id, and all machines have the same
  // first namespace.
  if (bootId !== null || pidNamespace !== null || cards.length === 0) return `${name} ${NOWHERE_ELSE}`;

  return `${name} ${createHash('sha256').update(cards.join(' ')).digest('hex').slice(0, 16)}`;
}

function factsOfThisHost(): HostFacts {
  const isLinux = process.platform === 'linux';

  return {
    name: hostname(),
    bootId: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    cards: isLinux ? [] : hardwareAddresses(),
  };
}

function hardwareAddresses(): readonly string[] {
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const macs = cards.filter(({ internal }) => !internal).map(({ mac }) => mac);
  return [...new Set(macs)].sort();
}

function orNull(read: () => string): string | null {
  try {
    return read() || null;
  } catch {
    return null;
  }
}
