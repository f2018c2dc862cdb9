const isWindows = process.platform === 'win32';
const isLinux = process.platform === 'linux';
const isWine = isWindows && process.env.WINEPREFIX !== undefined;

/** What some tests need of the system: why they cannot do without it, and whether it is there. */
const NEEDS = {
  modes: ['the modes and owners of POSIX', !isWindows],
  paths: ['paths and shell quotes as in POSIX', !isWindows],
  names: ['file names with quotes, question marks and control characters', !isWindows],
  anycase: ['file names that are the same in any case', !isLinux],
  pipes: ['pipes and devices in the file system', !isWindows],
  links: ['symbolic links, which on Windows only administrators may make', !isWindows],
  junctions: ['folders that lead elsewhere, which Wine cannot make', !isWine],
  signals: ['signals that a process can answer', !isWindows],
  terminal: ['a terminal that passes on what a program writes, and not its own picture of it', !isWindows],
  shell: ['a POSIX shell and its tools', !isWindows],
  unread: ['what came on a connection before it was cut, which Windows throws away', !isWindows],
  synced: ['folders that can be synced', !isWindows],
  openfiles: ['a file that is replaced while somebody reads it', !isWindows],
  scanners: ['files that a program can take for itself', isWindows],
  proc: ['/proc, which says when a process began', isLinux],
  linux: ['mounts, limits and the cache directory of Linux', isLinux],
} as const;

const told = new Set<string>();

export type Need = keyof typeof NEEDS;

/**
 * Whether this system lacks something without which a test cannot hold, for `it.skipIf`. The report
 * says why.
 */
export function lacks(...needs: readonly Need[]): boolean {
  const missing = needs.filter((need) => !NEEDS[need][1]);
  for (const need of missing) {
    if (!told.has(need)) console.info(`skipped here: what needs ${NEEDS[need][0]}`);
    told.add(need);
  }
  return missing.length > 0;
}
