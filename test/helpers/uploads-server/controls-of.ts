import { parseFaults } from './parse-faults.ts';
import { readParts } from './read-parts.ts';
import { requireFile } from './routes/get-file.ts';
import type { ServerContext } from './server-context.ts';
import type { UploadsServer } from './uploads-server.ts';

type Controls = Omit<UploadsServer, 'baseUrl' | 'apiKey' | 'profile' | 'port' | 'storeDirectory' | 'close'>;

/** Returns the controls that a test in the same process has over the server. */
export function controlsOf(context: ServerContext): Controls {
  const { log, plan, holds, store, clock } = context;
  return {
    requests: (call) =>
      log.entries.filter((entry) => call === undefined || entry.call === call).map((entry) => ({ ...entry })),
    mostPartsInFlight: log.mostPartsInFlight,
    waitFor: log.waitFor,
    addFaults: (...faults) => plan.add(parseFaults(faults)),
    pendingFaults: plan.pending,
    assertAllFaultsHappened() {
      const pending = plan.pending().map((fault) => `\n  ${JSON.stringify(fault)}`);
      if (pending.length > 0) throw new Error(`Planned faults that did not happen:${pending.join('')}`);
    },
    release: holds.release,
    waitForHeld: holds.waitForHeld,
    uploads: () => store.uploads().map(({ object }) => object),
    upload: (id) => store.upload(id)?.object,
    partsOf: (uploadId) =>
      [...(store.upload(uploadId)?.parts.values() ?? [])].map(({ id, bytes, createdAt }) => ({
        id,
        bytes,
        createdAt,
      })),
    expireUpload: store.expireUpload,
    files: () => [...store.files.values()].map(({ object }) => object),
    fileMd5: (fileId) => requireFile(store.files, fileId).md5,
    readFile: (fileId) => readParts(requireFile(store.files, fileId).parts),
    setClockOffset: clock.setOffset,
    setApiKey(key) {
      context.apiKey = key;
    },
  };
}
