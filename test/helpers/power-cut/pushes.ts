import { join } from 'node:path';
import type { PushOptions, UploadResult } from '../../../src/index.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { makeFile } from '../make-file.ts';
import { sessionsIn } from '../sessions.ts';
import { createSimulatedServer } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { type Recorded, record } from './recorded.ts';
import type { StateLeft } from './survive-power-cuts.ts';

/** What is pushed, and how. */
export interface PushWork {
  /** A stream is in the state directory only. Where its session is lost, it has to be read again. */
  readonly kind: 'file' | 'stream';
  readonly source: string;
  readonly md5: string;
  readonly options: PushOptions;
}

export const PART_BYTES = 1000;
const PARTS = 10;

/** Pushes ten parts, with a failure in between. */
export async function recordPush(
  folder: string,
  kind: PushWork['kind'],
): Promise<{ readonly work: PushWork; readonly recorded: Recorded }> {
  const source = join(folder, `${kind}.bin`);
  const md5 = await makeFile(source, PARTS * PART_BYTES);
  const options = {
    purpose: 'user_data',
    filename: 'a.bin',
    mimeType: 'application/octet-stream',
    partBytes: PART_BYTES,
    concurrency: 2,
    retries: 0,
  };

  const work = { kind, source, md5, options };
  return { work, recorded: await record(folder, kind, work) };
}

/** From what is left, the same push or a resume has to come to the file. */
export async function survivePush(
  { kind, source, md5, options }: PushWork,
  { place, server: state, number, refuseAgain }: StateLeft,
): Promise<void> {
  const stateDir = join(place, 'state');
  const server = createSimulatedServer(state);
  const deps = steadyDependencies({ server, stateDir, onRequest: refuseAgain });
  const { sessions, unusable } = await sessionsIn(stateDir).list();
  if (unusable[0]) throw unusable[0];

  const hadParts = Object.values(state.uploads).some((upload) => Object.keys(upload.parts).length > 0);
  const [session] = sessions;
  if (session === undefined && kind === 'stream' && !hadParts) return;

  // A push of a file whose upload is complete is a new one, as it was asked for.
  const isByPush = number % 2 === 0 && kind === 'file' && session?.record.status !== 'completed';
  const result: UploadResult = await (!isByPush && session !== undefined
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
