import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { Cli } from './create-cli.ts';
import { type CliResult, IN_SHELL } from './run-cli.ts';

export interface DocumentedRun {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

/**
 * Runs a script as a reader would, with the binary on PATH as after `npm link`: by the shell that its first line names, else by
 * `bash -eu`, which is a CI's way. Its `sleep` does not sleep, it runs `sleep` of the options; where there is no jq, one that can do
 * what the documents ask of it stands in.
 */
export async function startDocumented(
  script: string,
  options: { folder: string; cli: Cli; args?: readonly string[]; env?: NodeJS.ProcessEnv; sleep?: string },
): Promise<DocumentedRun> {
  const { folder, cli, args = [], env = {}, sleep = ':' } = options;
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await putInto(bin, 'openai-upload', `exec ${IN_SHELL} "$@"`);
  await putInto(bin, 'sleep', sleep);
  if (!isOnPath('jq')) await putInto(bin, 'jq', `exec '${process.execPath}' -e '${JQ}' -- "$@"`);
  const [shell, ...flags] = script.startsWith('#!/bin/sh\n') ? ['sh', '-c'] : ['bash', '-euc'];
  const child = spawn(shell, [...flags, script, 'script', ...args], {
    cwd: folder,
    env: { ...cli.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr }),
  );
  return { child, result };
}

export async function runDocumented(...args: Parameters<typeof startDocumented>): Promise<CliResult> {
  return (await startDocumented(...args)).result;
}

/** Knows `-r .field` and `-r '.field // empty'`, of one object per line. */
const JQ =
  'const [, field] = /^[.](\\w+)( [/][/] empty)?$/.exec(process.argv[2]);' +
  'for (const line of require("fs").readFileSync(0, "utf8").split("\\n").filter(Boolean)) {' +
  'const value = JSON.parse(line)[field]; if (value !== null || !process.argv[2].endsWith("empty")) console.log(value) }';

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)));
}

/** At once: another run in the same folder may be about to start it. */
async function putInto(bin: string, name: string, script: string): Promise<void> {
  const draft = join(bin, `.${randomUUID()}`);
  await writeFile(draft, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await rename(draft, join(bin, name));
}
