import { once } from 'node:events';
import { startChild } from '../../demo/start-child.ts';

export interface ServerProcess {
  /** What it has printed as its address. */
  readonly url: string;
  /** Resolves when it is gone. */
  close(): Promise<void>;
}

/** Starts one of our servers in a process of its own. @throws Error when it ends instead of listening */
export async function startServer(
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ServerProcess> {
  const nodeArgs = ['--import', import.meta.resolve('tsx')];
  const run = startChild({ nodeArgs, script, args, env: {}, stderr: 'inherit', signal });
  const ended = run.ended.then(({ code }) => {
    throw new Error(`${script} ended with code ${code} before it listened`);
  });
  while (!run.stdout().includes('\n')) await Promise.race([once(run.child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  return { url: run.stdout().trim(), close: run.kill };
}
