/** Milliseconds of the machine's monotonic clock, which all its processes share: times from here and from a server compare. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
