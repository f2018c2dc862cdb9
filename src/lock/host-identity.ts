import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

/** What tells the place where a process runs from others whose process ids mean other processes. */
export interface HostFacts {
  readonly name: string;
  /** Of Linux: changes with every start of the machine, and differs between machines of one name. */
  readonly bootId: string | null;
  /** Of Linux: containers of one machine, and of one name, have one each. */
  readonly pidNamespace: string | null;
  /** Elsewhere: the hardware addresses of the network cards, which two machines of one name do not share. */
  readonly cards: readonly string[];
}

/** For a process that cannot tell where it is: nobody else is ever there. */
const NOWHERE_ELSE = randomUUID();

/** The name, for people, and after a space what tells hosts of one name apart. Equal means that pids can be compared. */
export function hostIdentity({ name, bootId, pidNamespace, cards }: HostFacts = factsOfThisHost()): string {
  if (bootId !== null && pidNamespace !== null) return `${name} ${bootId} ${pidNamespace}`;
  // Half of it is not enough: containers share the boot, and without it machines share their first namespace.
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
