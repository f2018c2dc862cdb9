import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { push } from '../../../src/upload/push.ts';
import { createSimulatedServer, type ServerState } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { recordHistory } from './record-history.ts';
import type { RecordedPush } from './recorded-push.ts';

/**
 * `record-push.ts FOLDER SOURCE PART_BYTES OUTPUT`: pushes the source with a state directory in the
 * folder, and writes down everything that happened. A process of its own, because the locks that a
 * power cut leaves must be those of a process that is dead.
 */
const [folder = '', source = '', partBytes = '', output = ''] = process.argv.slice(2);

await mkdir(folder, { recursive: true });
const server = createSimulatedServer();
/** The server after each change of the folder. It may have got on since the change before. */
const states: ServerState[] = [];
/** How many parts have counted by then. */
const counted: number[] = [];
let acknowledged = 0;
const history = await recordHistory(folder, () => {
  states.push(server.state);
  counted.push(acknowledged);
});
const deps = steadyDependencies({
  server,
  stateDir: join(folder, 'state'),
  onEvent: (event) => {
    if (event.type === 'progress') acknowledged = event.acknowledgedParts;
  },
});

await push(
  source,
  {
    purpose: 'user_data',
    partBytes: Number(partBytes),
    concurrency: 2,
    mimeType: 'application/octet-stream',
  },
  deps,
);
await deps.close();

const recorded: RecordedPush = {
  ...history(),
  states: [...states, server.state],
  counted: [...counted, acknowledged],
};
writeFileSync(output, JSON.stringify(recorded));
