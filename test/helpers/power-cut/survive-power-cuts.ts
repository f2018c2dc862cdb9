import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../simulation/random.ts';
import { bytesOfPart, type ServerState, type SimulatedRequest } from '../simulation/simulated-server.ts';
import { certainAfter, type Left, statesAfter } from './crash-states.ts';
import type { Recorded } from './recorded.ts';

export interface PowerCuts {
  readonly recorded: Recorded;
  /** Where the states are laid out. */
  readonly folder: string;
  readonly random: Random;
  /** States of chance after each change, beside those that are always looked at. */
  readonly samples: number;
  /** Of all states, this share is tried. Many are the same, and tried once. */
  readonly share: number;
  /** Goes on from one of the states. @throws Error that says what is wrong */
  readonly survive: (state: StateLeft) => Promise<void>;
}

/** A state that a power cut has left, laid out in a folder. */
export interface StateLeft {
  readonly left: Left;
  readonly place: string;
  readonly server: ServerState;
  /** Of this state. */
  readonly number: number;
  /** Throws for a request that sends bytes whose part id was on the disk for certain, then or before. */
  readonly refuseAgain: (request: SimulatedRequest) => void;
}

/** So long ago the machine has stopped. A lock that names nobody holds for a minute. */
const AWAY_SECONDS = 120;

/**
 * Cuts the power after each change that a run has made to its state directory. From each state that
 * this may leave, the work has to come to its end.
 * @throws Error that says after which change, and in which state, it does not
 */
export async function survivePowerCuts(
  cuts: PowerCuts,
): Promise<{ readonly changes: number; readonly states: number }> {
  const { recorded, folder, random, samples, share } = cuts;
  const tried = new Set<string>();
  const parts = new Set<string>();
  let states = 0;

  for (let count = recorded.begun; count <= recorded.changes.length; count += 1) {
    for (const part of partsIn(certainAfter(recorded, count))) parts.add(part);
    const counted = recorded.counted[count] ?? 0;
    if (parts.size < counted)
      throw new Error(`after change ${count}: ${counted} parts have counted, ${parts.size} are on the disk`);

    for (const build of statesAfter(recorded, count, random, samples)) {
      // Up to the next change the server may have got on.
      for (const at of [count - 1, count]) {
        const server = recorded.states[at];
        if (server === undefined || !random.chance(share)) continue;
        const left = build();
        const digest = digestOf(left, server);
        if (tried.has(digest)) continue;
        tried.add(digest);

        states += 1;
        const place = join(folder, 'left');
        rmSync(place, { recursive: true, force: true });
        layOut(left, place);
        const saved = new Set([...parts].map((id) => bytesIn(server, id)));
        const refuseAgain = (request: SimulatedRequest) => refuseSaved(request, saved);
        await cuts.survive({ left, place, server, number: states, refuseAgain }).catch((cause: Error) => {
          const files = [...left].map(([path, { content }]) => `${path} ${content.length}`).join('\n');
          throw new Error(`after change ${count}: ${cause.message}\n${files}`, { cause });
        });
      }
    }
  }

  return { changes: recorded.changes.length, states };
}

export function layOut(left: Left, place: string): void {
  const at = Date.now() / 1000 - AWAY_SECONDS;
  mkdirSync(place);

  for (const [path, { isFolder, content }] of left) {
    const target = join(place, path);
    if (isFolder) mkdirSync(target, { mode: 0o700, recursive: true });
    else writeFileSync(target, content, { mode: 0o600 });
    utimesSync(target, at, at);
  }
}

function refuseSaved({ path, body }: SimulatedRequest, saved: ReadonlySet<string>): void {
  if (path.endsWith('/parts') && saved.has(bytesOfPart(body).toString('base64')))
    throw new Error('a part whose id was synced is sent again');
}

function bytesIn({ uploads }: ServerState, partId: string): string {
  const found = Object.values(uploads).find(({ parts }) => partId in parts);
  return found?.parts[partId] ?? '';
}

function partsIn(left: Left): readonly string[] {
  return [...left.values()].flatMap(({ content }) => content.toString().match(/part_\d+/g) ?? []);
}

function digestOf(left: Left, server: ServerState): string {
  const hash = createHash('sha256').update(`${server.ids}`);
  for (const [path, { content }] of left) hash.update(`${path} ${content.length}\n`).update(content);
  return hash.digest('hex');
}
