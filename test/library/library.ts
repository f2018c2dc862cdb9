import '../helpers/clean-environment.ts';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConnectionOptions, PushOptions, UploadEvent } from '../../src/index.ts';
import { makeFile } from '../helpers/make-file.ts';
import { sessionsIn } from '../helpers/sessions.ts';
import { temporaryFolder } from '../helpers/temporary.ts';
import { startUploadsServer } from '../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';

/** The library, set up for a server, a file of 2500 bytes and a state directory of the test's own. */
export async function setUp(serverOptions: UploadsServerOptions = {}) {
  const server = await startUploadsServer({ profile: 'strict', ...serverOptions });
  onTestFinished(() => server.close());
  const folder = await temporaryFolder();
  const path = join(folder, 'a.bin');
  const md5 = await makeFile(path, 2500);
  const stop = new AbortController();
  const events: UploadEvent[] = [];
  const options: ConnectionOptions & { readonly baseUrl: string; readonly stateDir: string } = {
    apiKey: server.apiKey,
    baseUrl: server.baseUrl,
    stateDir: join(folder, 'state'),
    signal: stop.signal,
    onEvent: (event: UploadEvent) => void events.push(event),
  };
  const pushOptions: PushOptions = { ...options, purpose: 'user_data', partBytes: 1000 };
  return {
    server,
    folder,
    path,
    md5,
    stop,
    events,
    options,
    pushOptions,
    sessions: sessionsIn(options.stateDir),
    /** The numbers of bytes of the parts that the server took, in the order in which it did. */
    partsTaken: () => server.requests('part').flatMap(({ partNumberOfBytes }) => partNumberOfBytes ?? []),
  };
}
