import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SessionRecord, sessionFileName } from '../../src/sessions/record.ts';
import { type CliResult, type CliRun, startCli } from './run-cli.ts';
import { savedRecord } from './saved-record.ts';
import type { UploadsServer } from './uploads-server/uploads-server.ts';

/** The binary, set up for a server, a folder to run in, and a state directory below it. */
export interface Cli {
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CliResult>;
  start(args: readonly string[], env?: NodeJS.ProcessEnv): CliRun;
  /** As `start`, with an open pipe as its standard input. */
  pipe(args: readonly string[], env?: NodeJS.ProcessEnv): CliRun;
  /** Ends what is still running: a test that has failed waits for nothing any more. */
  killAll(): void;
  readonly env: NodeJS.ProcessEnv;
  readonly stateDir: string;
  /** The saved record of an upload, as it is on disk. */
  record(uploadId: string): Promise<SessionRecord>;
}

/** The runs of all tests share their compiled code, which makes each of them start sooner. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled-code', import.meta.url));
// The program makes no folders above this one, and keeps nothing if they are missing.
mkdirSync(COMPILED, { recursive: true });

export function createCli(folder: string, server: Pick<UploadsServer, 'apiKey' | 'baseUrl'>): Cli {
  const stateDir = join(folder, 'state');
  const env = {
    HOME: folder,
    // HOME on Windows, which Node hands on from this process when it is not given.
    USERPROFILE: folder,
    OPENAI_API_KEY: server.apiKey,
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_UPLOAD_STATE_DIR: stateDir,
    NODE_COMPILE_CACHE: COMPILED,
  };
  const children: ChildProcess[] = [];
  const started = (run: CliRun) => {
    children.push(run.child);
    return run;
  };
  return {
    killAll() {
      for (const child of children.filter(
        ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
      ))
        child.kill('SIGKILL');
    },
    env,
    stateDir,
    run: (args, more = {}) => started(startCli(args, { ...env, ...more }, folder)).result,
    start: (args, more = {}) => started(startCli(args, { ...env, ...more }, folder)),
    pipe: (args, more = {}) => started(startCli(args, { ...env, ...more }, folder, 'pipe')),
    record: (uploadId) => savedRecord(join(stateDir, `${sessionFileName(uploadId)}.json`)),
  };
}
