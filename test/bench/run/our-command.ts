import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { BINARY } from '../../helpers/run-cli.ts';
import type { Stage } from '../stage.ts';
import type { Command } from './measure-run.ts';

/** The built binary, sent to `baseUrl`, which is the sink's by default. */
export function ourCommand(
  { folder, sink }: Pick<Stage, 'folder' | 'sink'>,
  args: readonly string[],
  { stateDir = join(folder, 'state'), baseUrl = sink.baseUrl } = {},
): Command {
  const env = {
    // Keeps the compiled code, as a home does: every run but the first starts as it does for a user.
    HOME: folder,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: baseUrl,
    OPENAI_UPLOAD_STATE_DIR: stateDir,
  };
  return { command: process.execPath, args: [BINARY, ...args], env, cwd: folder };
}

/** A push with no sessions of earlier runs to look through, so that every run finds the same. */
export async function pushCommand(
  stage: Pick<Stage, 'folder' | 'sink'>,
  args: readonly string[],
  options: { readonly baseUrl?: string } = {},
): Promise<Command> {
  const stateDir = await mkdtemp(join(stage.folder, 'state-'));
  return ourCommand(stage, ['push', '--purpose', 'vision', ...args], { stateDir, ...options });
}
