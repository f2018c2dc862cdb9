/** V8 gives new objects up to four times as much by itself. */
const MAX_NEW_SPACE_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 20;

/**
 * Keeps the space for new objects small, in the versions of V8 that know the flag: others would
 * complain on stderr. A job of many small files would fill all of it, for 20 to 30 MB more and no CPU
 * time less. Only its growth can be stopped, once it is large enough.
 */
export function tuneEngine(): void {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20 || major > 26) return;
  const { getHeapSpaceStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');

  const look = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (space === undefined || space.space_size < MAX_NEW_SPACE_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(look);
    // Compiled code is kept at the exit, for runs that begin under the flags as they were.
    process.prependOnceListener('exit', () => setFlagsFromString('--semi-space-growth-factor=2'));
  }, LOOK_MS).unref();
}
