import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadEvent } from '../../../src/index.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { pushData } from '../../../src/upload/stream-input.ts';
import { createSimulatedServer, type ServerState } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { type JobWork, runJob } from './jobs.ts';
import { type PruneWork, pruneAndPush, setUpPrune } from './prunes.ts';
import type { PushWork } from './pushes.ts';
import { recordHistory } from './record-history.ts';
import type { Recorded } from './recorded.ts';

/**
 * `record.ts FOLDER WORK OUTPUT`: does some work with a state directory in the folder, fails
 * after some parts, goes on, and writes down everything that happened. A process of its own, because
 * the locks that a power cut leaves must be those of a process that is dead.
 */
const [folder = '', workText = '{}', output = ''] = process.argv.slice(2);
const work: PushWork | JobWork | PruneWork = JSON.parse(workText);
const PARTS_BEFORE_FAILURE = 4;

await mkdir(folder, { recursive: true });
const server = createSimulatedServer();
/** The server after each change of the folder. It may have got on since the change before. */
const states: ServerState[] = [];
/** How many parts have counted by then. */
const counted: number[] = [];
const acknowledged = new Map<string, number>();
let mayFail = true;

const count = (event: UploadEvent, of = '') => {
  if (event.type === 'progress') acknowledged.set(of, event.acknowledgedParts);
};
const inAll = () => [...acknowledged.values()].reduce((sum, parts) => sum + parts, 0);

const deps = steadyDependencies({
  server,
  stateDir: join(folder, 'state'),
  onRequest({ path }) {
    const { uploads } = server.state;
    const parts = Object.values(uploads).reduce((sum, upload) => sum + Object.keys(upload.parts).length, 0);
    if (mayFail && path.endsWith('/parts') && parts >= PARTS_BEFORE_FAILURE)
      throw new Error('the link is down');
  },
  onEvent: (event) => count(event),
});

const stateDir = join(folder, 'state');
const repairLink = () => {
  mayFail = false;
};
if (work.kind === 'prune') await setUpPrune(work, { stateDir, deps, repairLink });
const history = await recordHistory(folder, () => {
  states.push(server.state);
  counted.push(inAll());
});
const begun = states.length;

await act().catch((error) => {
  if (!mayFail) throw error;
});
repairLink();
if (work.kind === 'file' || work.kind === 'stream')
  await resume(Object.keys(server.state.uploads)[0] ?? '', work.options, deps);
else if (work.kind !== 'prune') await act();
await deps.close();

const recorded: Recorded = {
  ...history(),
  begun,
  states: [...states, server.state],
  counted: [...counted, inAll()],
};
writeFileSync(output, JSON.stringify(recorded));

async function act(): Promise<unknown> {
  switch (work.kind) {
    case 'file':
      return await push(work.source, work.options, deps);
    case 'stream':
      return await pushData(new Blob([readFileSync(work.source)]), work.options, deps);
    case 'prune':
      return await pruneAndPush(work, stateDir, deps);
    default:
      return await runJob(work, folder, deps, count);
  }
}
