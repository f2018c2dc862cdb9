import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import type { SessionRecord } from '../../src/sessions/record.ts';
import { sessionFileName } from '../../src/sessions/session-file-name.ts';
import { type CliResult, type CliRun, runCli, startCli } from './run-cli.ts';
import { startUploadsServer } from './uploads-server/start-uploads-server.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

/** The binary, set up for the test's server and a state directory of the test's own. */
export interface Cli {
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CliResult>;
  start(args: readonly string[], env?: NodeJS.ProcessEnv): CliRun;
  readonly env: NodeJS.ProcessEnv;
  readonly stateDir: string;
  /** The saved record of an upload, as it is on disk. */
  record(uploadId: string): Promise<SessionRecord>;
}

/** Tests with a folder, a server and the binary. A fault that was planned and never happened fails the test. */
export const test = base.extend<{ folder: string; server: UploadsServer; cli: Cli }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'openai-upload-test-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  server: async ({}, use) => {
    const server = await startUploadsServer();
    try {
      await use(server);
      server.assertAllFaultsHappened();
    } finally {
      await server.close();
    }
  },
  cli: async ({ folder, server }, use) => {
    const stateDir = join(folder, 'state');
    const env = {
      HOME: folder,
      OPENAI_API_KEY: server.apiKey,
      OPENAI_BASE_URL: server.baseUrl,
      OPENAI_UPLOAD_STATE_DIR: stateDir,
    };
    await use({
      env,
      stateDir,
      run: (args, more = {}) => runCli(args, { ...env, ...more }, folder),
      start: (args, more = {}) => startCli(args, { ...env, ...more }, folder),
      record: async (uploadId) =>
        JSON.parse(await readFile(join(stateDir, `${sessionFileName(uploadId)}.json`), 'utf8')),
    });
  },
});
