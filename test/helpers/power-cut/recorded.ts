import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerState } from '../simulation/simulated-server.ts';
import type { History } from './history.ts';

/** What a run did to its state directory, and what the server knew meanwhile. */
export interface Recorded extends History {
  /** How many changes there were before the first that counts. */
  readonly begun: number;
  /** Right after each change, and at the end. */
  readonly states: readonly ServerState[];
  /** How many parts had counted as sent by then. */
  readonly counted: readonly number[];
}

const SCRIPT = fileURLToPath(new URL('./record.ts', import.meta.url));

/** Runs some work in a process of its own, which is gone when this resolves. */
export async function record(folder: string, kind: string, work: object): Promise<Recorded> {
  const output = join(folder, `${kind}.json`);
  const args = [SCRIPT, join(folder, kind), JSON.stringify(work), output];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the run that is to be recorded ended with ${code}`);

  return JSON.parse(await readFile(output, 'utf8'));
}
