import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RequestLogEntry } from '../helpers/uploads-server/request-log.ts';
import { type ChildRun, startChild } from './start-child.ts';

const SERVER = fileURLToPath(new URL('../helpers/uploads-server/cli.ts', import.meta.url));
export const API_KEY = 'sk-demo-key';

export interface ServedFile {
  readonly id: string;
  readonly bytes: number;
  /** Of the bytes that arrived. */
  readonly md5: string;
}

/** The local server in a process of its own, asked over HTTP for what it has seen. */
export interface ServerProcess {
  readonly run: ChildRun;
  readonly baseUrl: string;
  requests(): Promise<readonly RequestLogEntry[]>;
  files(): Promise<readonly ServedFile[]>;
}

/** @throws Error when the server ends instead of listening */
export async function startServerProcess(options: {
  readonly store: string;
  readonly bytesPerSecond: number;
  readonly stderr: 'inherit' | 'ignore';
  readonly signal: AbortSignal;
}): Promise<ServerProcess> {
  const { store, bytesPerSecond, stderr, signal } = options;
  const run = startChild({
    nodeArgs: ['--import', import.meta.resolve('tsx')],
    script: SERVER,
    args: [
      '--port',
      '0',
      '--store',
      store,
      '--api-key',
      API_KEY,
      '--total-bytes-per-second',
      `${bytesPerSecond}`,
    ],
    env: {},
    stderr,
    signal,
  });
  const baseUrl = await baseUrlFrom(run);
  const ask = async (what: string) => {
    const answer = await fetch(new URL(`/_admin/${what}`, baseUrl), { signal });
    if (!answer.ok) throw new Error(`the server answers ${answer.status} when asked for its ${what}`);
    return answer.json();
  };
  return {
    run,
    baseUrl,
    requests: async () => ((await ask('log')) as { requests: RequestLogEntry[] }).requests,
    files: async () => (await ask('files')) as ServedFile[],
  };
}

async function baseUrlFrom(run: ChildRun): Promise<string> {
  const said = () => /http:\/\/\S+\/v1/.exec(run.stdout())?.[0];
  const ended = run.ended.then(({ code }) => {
    throw new Error(`the local server ended with code ${code} before it listened`);
  });
  while (said() === undefined) await Promise.race([once(run.child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  return said() as string;
}
