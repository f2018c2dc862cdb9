import { test as base } from 'vitest';
import { type Cli, createCli } from './create-cli.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.ts';
import { startUploadsServer } from './uploads-server/start-uploads-server.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

export type { Cli } from './create-cli.ts';

/** Tests with a folder, a server and the binary. A fault that was planned and never happened fails the test. */
export const test = base.extend<{ folder: string; server: UploadsServer; cli: Cli }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from the pattern.
  folder: async ({}, use) => {
    const folder = await makeTemporaryFolder('openai-upload-test-');
    await use(folder);
    await removeTemporaryFolder(folder);
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  server: async ({}, use) => {
    const server = await startUploadsServer({ profile: 'strict' });
    try {
      await use(server);
      server.assertAllFaultsHappened();
    } finally {
      await server.close();
    }
  },
  cli: async ({ folder, server }, use) => {
    const cli = createCli(folder, server);
    try {
      await use(cli);
    } finally {
      cli.killAll();
    }
  },
});
