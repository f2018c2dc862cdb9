import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UploadResult } from '../../../src/index.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { sessionsIn } from '../sessions.ts';
import type { Random } from '../simulation/random.ts';
import {
  bytesOfPart,
  createSimulatedServer,
  type ServerState,
  type SimulatedRequest,
} from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { certainAfter, type Left, statesAfter } from './crash-states.ts';
import type { Pushed, RecordedPush } from './recorded-push.ts';

export interface PowerCuts {
  readonly pushed: Pushed;
  readonly recorded: RecordedPush;
  /** Where the states are laid out. */
  readonly folder: string;
  readonly random: Random;
  /** States of chance after each change, beside those that are always looked at. */
  readonly samples: number;
  /** Of all states, this share is tried. */
  readonly share: number;
}

/** So long ago the machine has stopped. A lock that names nobody holds for a minute. */
const AWAY_SECONDS = 120;

/**
 * Cuts the power after each change that a push has made to its state directory. From each state that
 * this may leave, the upload has to come to its end.
 * @throws Error that says after which change, and in which state, it does not
 */
export async function survivePowerCuts(
  cuts: PowerCuts,
): Promise<{ readonly changes: number; readonly states: number }> {
  const { recorded, random, samples, share } = cuts;
  const tried = new Set<string>();
  const parts = new Set<string>();
  let states = 0;

  for (let count = 1; count <= recorded.changes.length; count += 1) {
    for (const part of partsIn(certainAfter(recorded, count))) parts.add(part);
    const counted = recorded.counted[count] ?? 0;
    if (parts.size < counted)
      throw new Error(`after change ${count}: ${counted} parts have counted, ${parts.size} are on the disk`);

    for (const left of statesAfter(recorded, count, random, samples)) {
      // Up to the next change the server may have got on.
      for (const at of [count - 1, count]) {
        const server = recorded.states[at];
        const digest = digestOf(left, server);
        if (server === undefined || tried.has(digest)) continue;
        tried.add(digest);
        if (!random.chance(share)) continue;

        states += 1;
        await survive({ ...cuts, left, server, parts, isByPush: states % 2 === 0 }).catch((cause: Error) => {
          const files = [...left].map(([path, { content }]) => `${path} ${content.length}`).join('\n');
          throw new Error(`after change ${count}: ${cause.message}\n${files}`, { cause });
        });
      }
    }
  }

  return { changes: recorded.changes.length, states };
}

interface Survival extends PowerCuts {
  readonly left: Left;
  readonly server: ServerState;
  /** The ids of parts that were on the disk for certain, then or before. */
  readonly parts: ReadonlySet<string>;
  /** With the same push, or else with a resume. */
  readonly isByPush: boolean;
}

async function survive(survival: Survival): Promise<void> {
  const { left, folder, server: state, parts, pushed, isByPush } = survival;
  const { kind, source, md5, options } = pushed;
  const place = join(folder, 'left');
  rmSync(place, { recursive: true, force: true });
  layOut(left, place);

  const stateDir = join(place, 'state');
  const server = createSimulatedServer(state);
  const saved = new Set([...parts].map((id) => bytesIn(state, id)));
  const deps = steadyDependencies({ server, stateDir, onRequest: (request) => refuseAgain(request, saved) });
  const { sessions, unusable } = await sessionsIn(stateDir).list();
  if (unusable[0]) throw unusable[0];

  const hadParts = Object.values(state.uploads).some((upload) => Object.keys(upload.parts).length > 0);
  const [session] = sessions;
  if (session === undefined && kind === 'stream' && !hadParts) return;

  // A push of a file whose upload is complete is a new one, as it was asked for.
  const isResumed = !isByPush || kind === 'stream' || session?.record.status === 'completed';
  const result: UploadResult = await (isResumed && session !== undefined
    ? resume(session.record.uploadId, options, deps)
    : push(source, options, deps));
  await deps.close();

  const files = server.state.files;
  const [file] = files;
  if (files.length !== 1 || file?.md5 !== md5 || file.id !== result.fileId)
    throw new Error(`the files on the server: ${JSON.stringify(files)}`);

  const uploads = Object.keys(server.state.uploads).length;
  if (hadParts && uploads > 1) throw new Error('an upload that had parts was begun anew');
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

function refuseAgain({ path, body }: SimulatedRequest, saved: ReadonlySet<string>): void {
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

function digestOf(left: Left, server: ServerState | undefined): string {
  const hash = createHash('sha256').update(`${server?.ids}`);
  for (const [path, { content }] of left) hash.update(`${path} ${content.length}\n`).update(content);
  return hash.digest('hex');
}
