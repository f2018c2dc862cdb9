/** V8 gives new objects up to four times as much by itself. */
const MAX_NEW_SPACE_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 20;

/**
 * Sets flags of V8, in the versions that know them: others would complain on stderr.
 *
 * The space for new objects is kept small. A job of many small files would fill all of it, for 20
 * to 30 MB more and no CPU time less. Only its growth can be stopped, once it is large enough.
 *
 * Node 24 to 26 are kept from optimizing the HTTP parser of undici, which is WebAssembly, after a
 * few responses. That takes 130 ms of CPU, a quarter of a small push, and a run of any size gains
 * nothing from it, because the bytes of a file do not pass through the parser. Older versions wait
 * long enough by themselves.
 */
export function tuneEngine(): void {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20 || major > 26) return;
  const { getHeapSpaceStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');
  // A hundred times the default of V8.
  if (major >= 24) setFlagsFromString('--wasm-tiering-budget=1300000000');

  const look = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (space === undefined || space.space_size < MAX_NEW_SPACE_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(look);
  }, LOOK_MS).unref();
}
