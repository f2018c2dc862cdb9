import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedPart } from '../../src/sessions/record.ts';
import type { Cli } from './create-cli.ts';
import { savedRecord } from './saved-record.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

interface Storm {
  readonly cli: Pick<Cli, 'start' | 'run' | 'stateDir'>;
  readonly server: UploadsServer;
  readonly kills: number;
  /** Of a.bin, which must have `partsFor(kills) * partBytes` bytes. */
  readonly partBytes: number;
}

/** So many that the upload outlasts the storm: a run gets at most two more, those in flight, and a few in the last moment. */
export function partsFor(kills: number): number {
  return kills * 8;
}

const MAX_PARTS_A_RUN = 2;
/** A part takes a while, so that few of them fit into the last moment. */
const PART_DELAY_MS = 20;

/**
 * Pushes a.bin and kills the process `kills` times, each at a moment of chance: when the server has begun some more
 * requests, or somewhere before or between them. Then lets it finish. A part that a saved record once held must be in all
 * later ones, with the same id, or it was sent again.
 */
export async function killStorm({
  cli,
  server,
  kills,
  partBytes,
}: Storm): Promise<{ kills: number; stdout: string }> {
  const push = [
    'push',
    'a.bin',
    '--purpose',
    'vision',
    '--part-size',
    String(partBytes),
    '--concurrency',
    '3',
  ];
  const saved = new Map<number, string>();
  let killed = 0;
  server.addFaults({ call: 'part', nth: 'every', kind: 'delay', delayMs: PART_DELAY_MS });
  for (let n = 0; n < kills; n += 1) {
    const before = server.requests('part').length;
    const wanted = Math.floor(Math.random() * (MAX_PARTS_A_RUN + 1));
    const run = cli.start(push);
    const enough = server.waitFor(() => server.requests('part').length >= before + wanted);
    await Promise.race([enough, run.result]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * (wanted === 0 ? 300 : 10)));
    run.child.kill('SIGKILL');
    if ((await run.result).signal === 'SIGKILL') killed += 1;
    await compare(saved, cli.stateDir);
  }
  const { stdout, stderr, code } = await cli.run(push);
  if (code !== 0) throw new Error(`the last push failed with ${code}: ${stderr}`);
  await compare(saved, cli.stateDir);
  return { kills: killed, stdout };
}

async function compare(saved: Map<number, string>, stateDir: string): Promise<void> {
  for (const part of await savedParts(stateDir)) {
    const known = saved.get(part.index);
    if (known !== undefined && known !== part.partId) throw new Error(`part ${part.index} was sent again`);
    saved.set(part.index, part.partId);
  }
}

async function savedParts(stateDir: string): Promise<readonly RecordedPart[]> {
  const names = await readdir(stateDir).catch(() => []);
  const records = names.filter((name) => name.endsWith('.json'));
  if (records.length > 1) throw new Error(`there are ${records.length} sessions for one file`);
  const [record] = records;
  return record === undefined ? [] : (await savedRecord(join(stateDir, record))).parts;
}
