import type { Fault, FaultEffect } from '../../helpers/uploads-server/fault.ts';
import type { Row, Run } from './row.ts';

/** Stands for the upload's id. */
export const ID = '<upload id>';

/** Stands for the id of the newest file on the server. */
export const NEWEST = '<newest file id>';

/** Stands for the server's port. */
export const PORT = '<port>';

/** Stands for how long a run waits for the server. */
export const PATIENCE = '<patience>';

export const PURPOSE = 'user_data';

/** One part at a time and few retries, so that every request can be counted. */
const COUNTABLE = ['--concurrency', '1', '--retries', '2', '--stall-timeout', PATIENCE];

/** The source in five parts, unless the row's file or the flags in `more` say otherwise. */
export const push = (...more: readonly string[]) => pushOf('a.bin', ...more);

export const pushOf = (file: string, ...more: readonly string[]) => [
  ...['push', '--purpose', PURPOSE, '--part-size', '100000', ...COUNTABLE, ...more],
  ...['--', file],
];

export const resume = (...more: readonly string[]) => ['resume', ID, ...COUNTABLE, ...more];

export const cancel = (...more: readonly string[]) => ['cancel', ID, '--stall-timeout', PATIENCE, ...more];

type Place = { readonly nth?: number | 'every'; readonly times?: number };
const at =
  (call: Fault['call']) =>
  (effect: FaultEffect, { nth = 1, times = 1 }: Place = {}): Fault => ({
    call,
    nth,
    ...(nth !== 'every' && { times }),
    ...effect,
  });

export const onCreate = at('create');
export const onPart = at('part');
export const onComplete = at('complete');
export const onList = at('listFiles');
export const onCancel = at('cancel');

/** A failure that may be tried again without a wait. */
export const atOnce = { 'retry-after-ms': '1' };

/** An answer with OpenAI's form of an error. */
export function refusal(
  status: number,
  error: {
    readonly message?: string;
    readonly code?: string;
    readonly type?: string;
    readonly param?: string;
  },
  headers: Readonly<Record<string, string>> = atOnce,
): FaultEffect {
  const body = { error: { message: 'No.', type: null, param: null, code: null, ...error } };
  return { kind: 'status', status, headers, body };
}

export const trouble = (status: number): FaultEffect => ({ kind: 'status', status, headers: atOnce });

/** A push that ends after two acknowledged parts of five; most rows about resuming begin with it. */
export const stopFault = onPart({ kind: 'status', status: 500 }, { nth: 3 });
export const stopped: Run = {
  args: push('--retries', '0'),
  expect: { exit: 5, parts: 3, create: 1, record: 'pending', says: 'openai-upload resume' },
};

/** The rest of it. */
export const continued: Run = {
  args: resume(),
  expect: { exit: 0, parts: 3, create: 0, complete: 1, record: 'completed' },
};

/** A row whose call is refused before any request is made. */
export function refused(
  fault: string,
  args: readonly string[],
  {
    exit,
    says,
    ...more
  }: Pick<Row, 'file' | 'secrets'> & {
    readonly exit: number;
    readonly says: string | RegExp;
    readonly env?: NodeJS.ProcessEnv;
    readonly before?: Row['steps'];
  },
): Row {
  const { before = [], env = {}, ...rest } = more;
  return {
    fault,
    steps: [...before, { args, env, expect: { exit, says, parts: 0, silent: true, open: 0 } }],
    ...rest,
  };
}
