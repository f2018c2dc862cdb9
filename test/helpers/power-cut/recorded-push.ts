import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PushOptions } from '../../../src/index.ts';
import { makeFile } from '../make-file.ts';
import type { ServerState } from '../simulation/simulated-server.ts';
import type { History } from './history.ts';

/** A whole push: what it did to its state directory, and what the server knew meanwhile. */
export interface RecordedPush extends History {
  /** Right after each change, and at the end. */
  readonly states: readonly ServerState[];
  /** How many parts had counted as sent by then. */
  readonly counted: readonly number[];
}

/** What was pushed, and how. */
export interface Pushed {
  /** A stream is in the state directory only. Where its session is lost, it has to be read again. */
  readonly kind: 'file' | 'stream';
  readonly source: string;
  readonly md5: string;
  readonly options: PushOptions;
}

const PARTS = 10;
const PART_BYTES = 1000;

const SCRIPT = fileURLToPath(new URL('./record-push.ts', import.meta.url));

/** Pushes ten parts in a process of its own, which is gone when this resolves. */
export async function recordPush(
  folder: string,
  kind: Pushed['kind'],
): Promise<{ readonly pushed: Pushed; readonly recorded: RecordedPush }> {
  const [source, output] = [join(folder, `${kind}.bin`), join(folder, `${kind}.json`)];
  const md5 = await makeFile(source, PARTS * PART_BYTES);
  const options = {
    purpose: 'user_data',
    filename: 'a.bin',
    mimeType: 'application/octet-stream',
    partBytes: PART_BYTES,
    concurrency: 2,
    retries: 0,
  };

  const args = [join(folder, kind), source, kind, JSON.stringify(options), output];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), SCRIPT, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the push that is to be recorded ended with ${code}`);

  return { pushed: { kind, source, md5, options }, recorded: JSON.parse(await readFile(output, 'utf8')) };
}
