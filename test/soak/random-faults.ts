import type { Fault, FaultEffect } from '../helpers/uploads-server/fault.ts';

/** One of each way a part can go wrong that a retry cures. */
const EFFECTS: readonly FaultEffect[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
  { kind: 'status', status: 429, headers: { 'retry-after-ms': '200' }, when: 'before-body' },
  { kind: 'status', status: 502, body: '<html>bad gateway</html>', when: 'after-work' },
  { kind: 'reset', when: 'start' },
  { kind: 'reset', when: 'after-bytes', bytes: 1_000_000 },
  { kind: 'reset', when: 'after-work' },
  { kind: 'hang', when: 'body', afterBytes: 500_000 },
  { kind: 'garble' },
];

/** Faults for a share of `parts` part requests, at different ones, of every kind in turn. */
export function randomFaults(parts: number, share: number): Fault[] {
  const count = Math.ceil(parts * share);
  const places = new Set<number>();
  while (places.size < count) places.add(1 + Math.floor(Math.random() * parts));
  return [...places].map((nth, n) => ({
    call: 'part',
    nth,
    ...(EFFECTS[n % EFFECTS.length] as FaultEffect),
  }));
}
