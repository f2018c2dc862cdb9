import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureRun } from '../run/measure-run.ts';
import { ourCommand } from '../run/our-command.ts';
import type { Stage } from '../stage.ts';

/** Pushes a file and gives the session that is left. */
export async function completedSession(
  stage: Stage,
  path: string,
): Promise<{ uploadId: string; stateDir: string }> {
  const stateDir = await mkdtemp(join(stage.folder, 'completed-'));
  await measureRun(ourCommand(stage, ['push', '--purpose', 'vision', path], { stateDir }), stage.signal);
  return { uploadId: await savedUploadId(stateDir), stateDir };
}

/** The id of the one upload that is saved there; the sink's ids are their own file names. */
export async function savedUploadId(stateDir: string): Promise<string> {
  const names = await readdir(stateDir);
  const record = names.find((name) => name.endsWith('.json'));
  if (record === undefined) throw new Error(`no session in ${stateDir}`);
  return record.slice(0, -'.json'.length);
}
