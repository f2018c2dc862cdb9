import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerState } from '../simulation/simulated-server.ts';
import type { History } from './history.ts';

/** A whole push: what it did to its state directory, and what the server knew meanwhile. */
export interface RecordedPush extends History {
  /** Right after each change, and at the end. */
  readonly states: readonly ServerState[];
  /** How many parts had counted as sent by then. */
  readonly counted: readonly number[];
}

const SCRIPT = fileURLToPath(new URL('./record-push.ts', import.meta.url));

/** Pushes a file in a process of its own, which is gone when this resolves. */
export async function recordPush(folder: string, source: string, partBytes: number): Promise<RecordedPush> {
  const output = join(folder, 'history.json');
  const args = [join(folder, 'recorded'), source, String(partBytes), output];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), SCRIPT, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });

  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the push that is to be recorded ended with ${code}`);
  return JSON.parse(await readFile(output, 'utf8'));
}
