import { hash, randomBytes, randomUUID } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../model/errors.ts';
import { readRegularFile } from '../model/file-access.ts';

/** A process on any host. */
export interface Process {
  readonly pid: number;
  /** See `thisHost`. Pids can be compared only where this is equal. */
  readonly host: string;
  /**
   * When the process started, in clock ticks of its kernel. This tells a reused pid apart. Null
   * when unknown.
   */
  readonly started: string | null;
}

/** What a lock file says about the process that holds it. */
export interface OwnerStamp extends Process {
  /**
   * Tells two locks of one process apart, and a lock from the one that replaced it. The names of
   * short-lived files end with it too, so other processes see whose they are.
   */
  readonly token: string;
}

/** Asked only once: every file that is saved has a stamp in the name of its draft. */
let startedHere: string | null | undefined;

/** Makes a new stamp of this process. */
export function thisOwner(): OwnerStamp {
  const host = thisHost();
  startedHere ??= stateOf(process.pid)?.started ?? null;
  const started = startedHere;
  const token = [process.pid, started ?? 0, digestOf(host), randomBytes(8).toString('hex')].join('-');
  return { token, pid: process.pid, host, started };
}

/** Matches a token at the end of a name. */
const TOKEN = /(?<pid>\d{1,10})-(?<started>\d{1,20})-(?<host>[0-9a-f]{16})-[0-9a-f]{16}$/;

/** Returns the process whose token ends the name of a file; undefined for other names. */
export function ownerOfToken(name: string): Process | undefined {
  const { pid, started, host } = TOKEN.exec(name)?.groups ?? {};
  if (pid === undefined || started === undefined || host === undefined) return undefined;
  const isHere = host === digestOf(thisHost());
  return { pid: Number(pid), started: started === '0' ? null : started, host: isHere ? thisHost() : host };
}

function digestOf(host: string): string {
  return hash('sha256', host).slice(0, 16);
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
 * the system does not say when it started, so its pid may belong to another process by now.
 */
export function isAlive(owner: Process): boolean | undefined {
  if (owner.host !== thisHost()) return undefined;

  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }

  const state = stateOf(owner.pid);
  if (state?.isOver) return false;
  return owner.started === null || state === undefined ? undefined : state.started === owner.started;
}

/**
 * Reads fields 3 and 22 of /proc/<pid>/stat. They are counted from the end of field 2, a name that
 * may hold spaces and parentheses. A process that was killed stays there until its parent asks how
 * it ended.
 */
function stateOf(pid: number): { readonly isOver: boolean; readonly started: string } | undefined {
  if (process.platform !== 'linux') return undefined;

  try {
    // A process in its own pid namespace may see the /proc of another one, with other pids.
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;

    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', started] = [fields[0], fields[19]];
    return started === undefined ? undefined : { isOver: ['Z', 'X'].includes(state), started };
  } catch {
    return undefined;
  }
}

/** Identifies where a process runs. Elsewhere the same pids mean other processes. */
export interface HostFacts {
  readonly name: string;
  /** Changes with every start of the machine, and differs between machines of the same name. */
  readonly bootId: string | null;
  /** Each container on a machine has its own, even when they share a name. */
  readonly pidNamespace: string | null;
}

let known: string | undefined;

/**
 * The host's name for people, then a space and what tells it from hosts of the same name. Pids can
 * be compared where two identities are equal. It does not change while this process runs.
 */
function thisHost(): string {
  known ??= process.platform === 'linux' ? hostIdentity(factsOfLinux()) : keptIdentity(tmpdir());
  return known;
}

/** The identity on Linux, where the system provides all of these facts. */
export function hostIdentity({ name, bootId, pidNamespace }: HostFacts): string {
  // One of the two is not enough: containers share the boot id, and all machines have the same
  // first namespace. A process that cannot learn where it runs is alone there.
  const place = bootId === null || pidNamespace === null ? randomUUID() : `${bootId} ${pidNamespace}`;
  return `${name} ${place}`;
}

function factsOfLinux(): HostFacts {
  return {
    name: hostname(),
    bootId: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function orNull(read: () => string): string | null {
  try {
    return read() || null;
  } catch {
    return null;
  }
}

const KEPT = /^\S+ [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The identity on other systems, which the first process saves in `folder`. No other machine shares
 * that folder. Nothing that these systems report is lasting: the active network cards, and on macOS
 * also the name, change with the network, for example when a laptop wakes up.
 */
export function keptIdentity(folder: string): string {
  const uid = process.getuid?.();
  const path = join(folder, ['openai-upload-host', uid ?? 'id'].join('-'));
  const fresh = `${hostname()} ${randomUUID()}`;

  try {
    writeFileSync(path, fresh, { flag: 'wx', mode: 0o600 });
    return fresh;
  } catch {
    // Usually there is one already.
  }

  try {
    const kept = readRegularFile(path);
    const isOurs = uid === undefined || lstatSync(path).uid === uid;
    if (isOurs && KEPT.test(kept)) return kept;
  } catch {
    // This process then counts as alone on its host.
  }

  return fresh;
}
