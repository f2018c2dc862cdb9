/** V8 gives new objects up to four times as much by itself. */
const MAX_NEW_SPACE_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 20;

/** The flags with what they are by themselves; V8 lets old objects grow by up to 300 percent. */
const FLAGS = [
  { name: '--semi-space-growth-factor', usual: 2, ours: 1 },
  { name: '--heap-growing-percent', usual: 0, ours: 50 },
] as const;

/**
 * Keeps the heap small, in the versions of V8 that know the flags: others would complain on stderr.
 * A job of many small files would fill all the space for new objects, for 20 to 30 MB more and no CPU
 * time less: only its growth can be stopped, once it is large enough. Of the old objects of such a
 * job 15 MB live, and V8 would let 65 MB gather before it collects them. Collecting them once they
 * have grown by half takes no CPU time that could be measured.
 */
export function tuneEngine(): void {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20 || major > 26) return;
  const { getHeapSpaceStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');

  const look = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (space === undefined || space.space_size < MAX_NEW_SPACE_BYTES) return;
    clearInterval(look);
    for (const { name, ours } of FLAGS) setFlagsFromString(`${name}=${ours}`);
    // Compiled code is kept at the exit, for runs that begin under the flags as they were.
    process.prependOnceListener('exit', () => {
      for (const { name, usual } of FLAGS) setFlagsFromString(`${name}=${usual}`);
    });
  }, LOOK_MS).unref();
}
