import { join } from 'node:path';
import { expect } from 'vitest';
import { type Cli, createCli } from './create-cli.ts';
import { makeFile } from './make-file.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.ts';
import type { ProfileName } from './uploads-server/server-profile.ts';
import { startUploadsServer } from './uploads-server/start-uploads-server.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

/** A server of some kind, the binary, and the commands with the flags that such a server needs. */
export interface ServerStage {
  readonly folder: string;
  readonly server: UploadsServer;
  readonly cli: Cli;
  /** Of `a.bin`, which has four parts. */
  readonly md5: string;
  /** A push of `a.bin`. */
  readonly push: readonly string[];
  readonly resume: (uploadId: string) => readonly string[];
  readonly cancel: (uploadId: string) => readonly string[];
}

/**
 * Plays on a stage that ends with it. Whatever was asked of the server, the key and the query have to be where they belong,
 * unless it `isAstray`.
 */
export async function onServerStage(
  profile: ProfileName,
  work: (stage: ServerStage) => Promise<void>,
  { isAstray = false } = {},
): Promise<void> {
  const folder = await makeTemporaryFolder('openai-upload-servers-');
  const server = await startUploadsServer({ profile });
  try {
    await work(await stageOf(folder, server));
    server.assertAllFaultsHappened();
    const { search } = new URL(server.baseUrl);
    const astray = server.requests().filter(({ keyMatched, path }) => !keyMatched || !hasAll(path, search));
    expect(astray.length > 0).toBe(isAstray);
  } finally {
    await server.close();
    await removeTemporaryFolder(folder);
  }
}

function hasAll(path: string, search: string): boolean {
  const asked = new URLSearchParams(path.split('?')[1]);
  return [...new URLSearchParams(search)].every(([name, value]) => asked.get(name) === value);
}

async function stageOf(folder: string, server: UploadsServer): Promise<ServerStage> {
  const { flags, minPartBytes } = server.profile;
  const partBytes = Math.max(minPartBytes, 50_000);
  const push = ['push', '--purpose', 'vision', '--part-size', String(partBytes)];
  return {
    folder,
    server,
    cli: createCli(folder, server),
    md5: await makeFile(join(folder, 'a.bin'), 3 * partBytes + 1000),
    push: [...push, ...flags.server, ...flags.transfer, ...flags.push, 'a.bin'],
    resume: (uploadId) => ['resume', uploadId, ...flags.server, ...flags.transfer],
    cancel: (uploadId) => ['cancel', uploadId, ...flags.server],
  };
}

/** That `a.bin` is on the server once, byte for byte, and was printed. */
export function expectWhole({ server, md5 }: ServerStage, stdout: string): void {
  const files = server.files().filter(({ filename }) => filename === 'a.bin');
  expect(files.map(({ id }) => `${id}\n`)).toEqual([stdout]);
  expect(files.map(({ id }) => server.fileMd5(id))).toEqual([md5]);
}

/** A push that ends after two acknowledged parts of four. @returns the upload's id */
export async function stopHalfWay({ server, cli, push }: ServerStage): Promise<string> {
  server.addFaults({ call: 'part', nth: 3, kind: 'status', status: 500 });
  const { code, stderr } = await cli.run([...push, '--concurrency', '1', '--retries', '0']);
  expect([code, stderr]).toEqual([5, expect.stringContaining('openai-upload resume ')]);
  return server.uploads()[0]?.id ?? '';
}
