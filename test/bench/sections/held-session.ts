import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureRun } from '../run/measure-run.ts';
import { ourCommand } from '../run/our-command.ts';
import type { Stage } from '../stage.ts';
import { savedUploadId } from './completed-session.ts';

const POLL_MS = 50;
/** Between the sink's last answer and the kill: time to save that part. */
const SETTLE_MS = 500;

/**
 * Leaves a session with one part missing, as it would come about: the sink never answers one part, and the push is killed
 * when all others are saved. So the record is what the program writes, whatever that is.
 */
export async function heldSession(
  stage: Stage,
  file: { readonly path: string; readonly parts: number; readonly flags: readonly string[] },
): Promise<{ uploadId: string; stateDir: string }> {
  const { path, parts, flags } = file;
  const stateDir = await mkdtemp(join(stage.folder, 'held-'));
  await stage.sink.reset({ heldPart: Math.ceil(parts / 2) });
  const push = ourCommand(stage, ['push', '--purpose', 'vision', ...flags, path], { stateDir });
  const kill = new AbortController();
  const signal = AbortSignal.any([stage.signal, kill.signal]);
  const run = measureRun(push, signal);
  // Only the kill ends it; anything else is a failure.
  const ended = run.then(() => Promise.reject(new Error('the push ended with a part missing')));
  const others = async () => {
    while ((await stage.sink.stats()).partsAnswered < parts - 1) await sleep(POLL_MS, undefined, { signal });
    await sleep(SETTLE_MS, undefined, { signal });
  };
  try {
    await Promise.race([others(), ended]);
  } finally {
    kill.abort();
    await run.catch(() => undefined);
    await ended.catch(() => undefined);
  }
  stage.signal.throwIfAborted();
  return { uploadId: await savedUploadId(stateDir), stateDir };
}
