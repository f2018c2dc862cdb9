import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushOptions, UploadEvent } from '../../../src/index.ts';
import { push } from '../../../src/upload/push.ts';
import { resume } from '../../../src/upload/resume.ts';
import { pushData } from '../../../src/upload/stream-input.ts';
import { createSimulatedServer, type ServerState } from '../simulation/simulated-server.ts';
import { steadyDependencies } from '../simulation/steady-dependencies.ts';
import { recordHistory } from './record-history.ts';
import type { RecordedPush } from './recorded-push.ts';

/**
 * `record-push.ts FOLDER SOURCE KIND OPTIONS OUTPUT`: pushes the source with a state directory in the
 * folder, fails after some parts, goes on, and writes down everything that happened. A process of
 * its own, because the locks that a power cut leaves must be those of a process that is dead.
 */
const [folder = '', source = '', kind = 'file', optionsText = '{}', output = ''] = process.argv.slice(2);
const options: PushOptions = JSON.parse(optionsText);
const PARTS_BEFORE_FAILURE = 4;

await mkdir(folder, { recursive: true });
const server = createSimulatedServer();
/** The server after each change of the folder. It may have got on since the change before. */
const states: ServerState[] = [];
/** How many parts have counted by then. */
const counted: number[] = [];
let acknowledged = 0;
let mayFail = true;

const history = await recordHistory(folder, () => {
  states.push(server.state);
  counted.push(acknowledged);
});
const deps = steadyDependencies({
  server,
  stateDir: join(folder, 'state'),
  onRequest({ path }) {
    const { ids } = server.state;
    if (mayFail && path.endsWith('/parts') && ids > PARTS_BEFORE_FAILURE) throw new Error('the link is down');
  },
  onEvent(event: UploadEvent) {
    if (event.type === 'progress') acknowledged = event.acknowledgedParts;
  },
});

const first =
  kind === 'file' ? push(source, options, deps) : pushData(new Blob([readFileSync(source)]), options, deps);
await first.catch(() => undefined);
mayFail = false;
await resume(Object.keys(server.state.uploads)[0] ?? '', options, deps);
await deps.close();

const recorded: RecordedPush = {
  ...history(),
  states: [...states, server.state],
  counted: [...counted, acknowledged],
};
writeFileSync(output, JSON.stringify(recorded));
