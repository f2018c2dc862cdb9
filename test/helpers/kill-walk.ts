import { join } from 'node:path';
import type { Cli } from './create-cli.ts';
import { makeFile } from './make-file.ts';
import type { CliResult } from './run-cli.ts';

const HOOK = new URL('./kill-at-step.mjs', import.meta.url);

interface KillWalk {
  readonly cli: Pick<Cli, 'run' | 'stateDir'>;
  /** Where the files are made that are pushed. */
  readonly folder: string;
  readonly fileBytes: number;
  /** The change of the state directory that the first process dies at, from 1. */
  readonly from: number;
  /** 1 dies at every change. A larger number takes a sample. */
  readonly stride: number;
  readonly args: (name: string) => readonly string[];
  /** Called with what the second push said, after each death and after the run that outlived all changes. */
  readonly check: (after: { step: number; md5: string; result: CliResult }) => void;
}

/**
 * Pushes a file of its own for each change that a push makes to the state directory. The process
 * dies right before that change, and the same push is run again. What a death after a change
 * leaves is what a death before the next one leaves, so "before" is enough.
 *
 * @returns the first change that a push no longer makes
 */
export async function killWalk({
  cli,
  folder,
  fileBytes,
  from,
  stride,
  args,
  check,
}: KillWalk): Promise<number> {
  for (let step = from; ; step += stride) {
    const name = `${step}.bin`;
    const md5 = await makeFile(join(folder, name), fileBytes, step);
    const env = { NODE_OPTIONS: `--import=${HOOK}`, KILL_IN: cli.stateDir, KILL_AT: `before ${step}` };
    const { stderr } = await cli.run(args(name), env);

    check({ step, md5, result: await cli.run(args(name)) });

    if (!stderr.includes(`killed before change ${step}\n`)) return step;
  }
}
