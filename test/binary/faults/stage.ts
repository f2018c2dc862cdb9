import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { type SessionRecord, sessionFileName } from '../../../src/sessions/record.ts';
import { makeFile } from '../../helpers/make-file.ts';
import type { CliRun } from '../../helpers/run-cli.ts';
import { savedRecord } from '../../helpers/saved-record.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../helpers/temporary.ts';
import type { ProfileName } from '../../helpers/uploads-server/server-profile.ts';
import { startUploadsServer } from '../../helpers/uploads-server/start-uploads-server.ts';
import type { UploadsServer } from '../../helpers/uploads-server/uploads-server.ts';
import { createPlug, type Plug } from './plug.ts';
import type { Row } from './row.ts';

/** Where a row plays: a folder, a server and the file to upload. */
export interface Stage {
  readonly folder: string;
  readonly stateDir: string;
  readonly server: UploadsServer;
  /** Absolute path of the file to upload. */
  readonly source: string;
  /** Base name of it. */
  readonly name: string;
  /** All that it ever had, in bytes. */
  readonly sizes: Set<number>;
  readonly env: NodeJS.ProcessEnv;
  readonly plug: Plug;
  /** What acts keep for a later one. */
  readonly kept: Map<string, string>;
  /** The run that is on, or was last. */
  run: CliRun;
  /** Of the first upload that something is saved about. */
  uploadId(): string;
  recordPath(): string;
  record(): Promise<SessionRecord>;
  /** Things to be undone when the row is over, the last one first. */
  readonly undo: (() => Promise<void>)[];
}

/** Everything is removed when the test is over. It is handed in because the global one mixes up tests that run at once. */
export async function openStage(
  row: Row,
  profile: ProfileName,
  { onTestFinished }: TestContext,
): Promise<Stage> {
  const undo: (() => Promise<void>)[] = [];
  let stage: Stage | undefined;
  onTestFinished(async () => {
    stage?.run?.child.kill('SIGKILL');
    for (const action of undo.reverse()) await action();
  });
  const folder = await makeTemporaryFolder('openai-upload-fault-');
  undo.push(() => removeTemporaryFolder(folder));
  const server = await startUploadsServer({ profile, ...row.server, faults: row.faults ?? [] });
  undo.push(() => server.close());
  const plug = await createPlug(server.port);
  undo.push(() => plug.pull());
  const name = row.file?.name ?? 'a.bin';
  const source = join(folder, name);
  await makeFile(source, row.file?.bytes ?? 500_000);
  const stateDir = join(folder, 'state');
  // As whoever uses such a server would keep it.
  if (server.profile.keyHeader === 'api-key') {
    await mkdir(join(folder, 'config'));
    await writeFile(join(folder, 'config', 'config.json'), '{"auth":"api-key"}');
  }
  const recordPathOf = (id: string) => join(stateDir, `${sessionFileName(id)}.json`);
  const uploadId = () => {
    const ids = server.uploads().map(({ id }) => id);
    return ids.find((id) => existsSync(recordPathOf(id))) ?? ids[0] ?? 'upload_unknown';
  };
  stage = {
    folder,
    stateDir,
    server,
    source,
    name,
    sizes: new Set(),
    env: {
      HOME: folder,
      USERPROFILE: folder,
      OPENAI_API_KEY: server.apiKey,
      OPENAI_BASE_URL: row.hasPlug
        ? server.baseUrl.replace(`:${server.port}`, `:${plug.port}`)
        : server.baseUrl,
      OPENAI_UPLOAD_STATE_DIR: stateDir,
      OPENAI_UPLOAD_CONFIG_DIR: join(folder, 'config'),
    },
    plug,
    kept: new Map(),
    run: undefined as unknown as CliRun,
    uploadId,
    recordPath: () => recordPathOf(uploadId()),
    record: () => savedRecord(recordPathOf(uploadId())),
    undo,
  };
  return stage;
}
