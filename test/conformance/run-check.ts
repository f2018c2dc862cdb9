import { basename } from 'node:path';
import { BYTES, type Check } from './checks.ts';
import { type Ended, onStage, type Stage } from './stage.ts';

export interface Judged {
  readonly check: Check;
  /** Why it failed; undefined when it passed. */
  readonly fault: string | undefined;
  readonly seconds: number;
}

/** More than twice what a client needs that waits for the longest of the waits that are asked for. */
const LIMIT_SECONDS = 75;

/** Puts one promise to the test. `command`: the client and its first arguments. */
export async function runCheck(check: Check, command: readonly string[]): Promise<Judged> {
  const { filename = 'a.bin', bytes = BYTES, server = {} } = check;
  const startedAt = performance.now();
  const fault = await onStage({ command, filename, bytes, server }, (stage) => judge(check, stage));
  return { check, fault, seconds: (performance.now() - startedAt) / 1000 };
}

async function judge(check: Check, stage: Stage): Promise<string | undefined> {
  const play = check.play ?? (async ({ start }) => await start().ended);
  const { limitSeconds = LIMIT_SECONDS } = check;
  const ended = await within(limitSeconds * 1000, play(stage));
  if (ended === undefined) return `it has not ended after ${limitSeconds} s`;

  return faultOf(check, stage, ended);
}

/** The one rule of all checks: exit code 0 exactly when the file is there, whole and once. */
function faultOf(check: Check, stage: Stage, ended: Ended): string | undefined {
  const files = stage.server.files();
  if (files.length > 1) return `there are ${files.length} files`;
  const own = check.fault?.(stage, ended);
  if (own !== undefined) return own;

  const [file] = files;
  const exit = `exit code ${ended.code}`;
  if (!check.mustArrive)
    return (ended.code === 0) === (file !== undefined) ? undefined : `${exit}, ${files.length} files`;
  if (file === undefined) return `${exit}, and the file is not there`;
  if (stage.server.fileMd5(file.id) !== stage.md5) return `${exit}, and the file has other bytes`;
  if (file.filename !== basename(stage.path)) return `the file is called ${file.filename}`;
  if (ended.code !== 0) return `the file is there, but ${exit}`;
  return stage.server.pendingFaults().length > 0
    ? 'no request was made that this could happen to'
    : undefined;
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
