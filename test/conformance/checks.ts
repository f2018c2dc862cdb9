import { truncate, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { UploadsServerOptions } from '../helpers/uploads-server/uploads-server.ts';
import type { Ended, Run, Stage } from './stage.ts';

const MB = 1_000_000;
/** Several parts for most clients. */
export const BYTES = 20 * MB;

/** One thing that is promised of an upload, and how it is put to the test. */
export interface Check {
  readonly name: string;
  /** What a user may rely on, as a whole sentence. */
  readonly promise: string;
  /** 'a.bin' unless told. */
  readonly filename?: string;
  /** `BYTES` unless told. */
  readonly bytes?: number;
  readonly server?: UploadsServerOptions;
  /** One run unless told. Gives what the last run said. */
  readonly play?: (stage: Stage) => Promise<Ended>;
  /** 75 unless told. */
  readonly limitSeconds?: number;
  /** Whether the client has to get the file there. It may give up otherwise, if it says so. */
  readonly mustArrive: boolean;
  /** What else was wrong; undefined when nothing was. */
  readonly fault?: FindFault;
}

type FindFault = (stage: Stage, ended: Ended) => string | undefined;

const HELD = 'held';

/** A server's fault for one request, which a client has to live through. */
const once = (call: 'create' | 'part' | 'complete', nth: number, effect: object): UploadsServerOptions => ({
  faults: [{ call, nth, ...effect } as NonNullable<UploadsServerOptions['faults']>[number]],
});

const always = (call: 'create' | 'part' | 'complete', effect: object): UploadsServerOptions => ({
  faults: [{ call, nth: 'every', ...effect } as NonNullable<UploadsServerOptions['faults']>[number]],
});

/** So long a client has to remember what it was answered. From outside nobody can see when it has. */
const REMEMBER_MS = 2000;

/** Starts a run, and does something once two of its parts are answered, and no other. */
async function whileSending(stage: Stage, action: (run: Run) => unknown) {
  stage.server.addFaults(
    { call: 'part', nth: 1, times: 2, kind: 'delay', delayMs: 0 },
    { call: 'part', nth: 'every', kind: 'hold', label: HELD },
  );
  const run = stage.start();
  await Promise.race([stage.server.waitForHeld(HELD), run.ended]);
  await Promise.race([setTimeout(REMEMBER_MS), run.ended]);
  await action(run);
  stage.server.release(HELD);
  return await run.ended;
}

/** Ends a run, and waits until the server knows, too: it must not answer the dead. */
async function end(run: Run, signal: NodeJS.Signals, { server }: Stage): Promise<void> {
  run.kill(signal);
  await run.ended;
  await server.waitFor((requests) => requests.every(({ endedAtMs }) => endedAtMs !== null));
}

const requestsAtMost =
  (most: number): FindFault =>
  ({ server }) => {
    const { length } = server.requests();
    return length > most ? `${length} requests, at most ${most} make sense` : undefined;
  };

const sentTwice: FindFault = ({ server }) => {
  const answered = server.requests('part').filter(({ status }) => status === 200);
  const bytes = answered.reduce((sum, { partNumberOfBytes }) => sum + (partNumberOfBytes ?? 0), 0);
  return bytes > BYTES ? `${(bytes - BYTES) / MB} MB that the server had were sent again` : undefined;
};

export const CHECKS: readonly Check[] = [
  { name: 'a whole file', promise: 'The file arrives byte for byte, once.', mustArrive: true },
  { name: 'one byte', promise: 'The smallest file arrives.', bytes: 1, mustArrive: true },
  {
    name: 'a name of any kind',
    promise: 'The file keeps its name, with spaces, quotes and letters of any language.',
    filename: 'é "ü" 日本 %20.bin',
    bytes: 1000,
    mustArrive: true,
  },
  {
    name: 'an empty file',
    promise: 'An empty file is refused, because no upload can have 0 bytes.',
    bytes: 0,
    mustArrive: false,
    fault: (_, { code }) => (code === 0 ? 'it exits 0' : undefined),
  },
  {
    name: 'parts out of order',
    promise: 'A part that takes longer than those after it is still in its place.',
    server: once('part', 1, { kind: 'delay', delayMs: 1500 }),
    mustArrive: true,
  },
  {
    name: 'create: connection cut',
    promise: 'A connection that breaks before anything was sent is tried again.',
    server: once('create', 1, { kind: 'reset', when: 'start' }),
    mustArrive: true,
  },
  {
    name: 'create: 429',
    promise: 'A rate limit is waited for.',
    server: once('create', 1, { kind: 'status', status: 429, headers: { 'retry-after': '1' } }),
    mustArrive: true,
  },
  {
    name: 'create: a page instead of JSON',
    promise: 'A page of something in between is not taken for an answer.',
    server: once('create', 1, { kind: 'garble', body: '<html>Log in</html>', contentType: 'text/html' }),
    mustArrive: true,
  },
  {
    name: 'part: 500',
    promise: 'A part that the server fails at is sent again.',
    server: once('part', 2, { kind: 'status', status: 500 }),
    mustArrive: true,
  },
  {
    name: 'part: 503 before the body',
    promise: 'A server that answers before it has read the part is understood.',
    server: once('part', 1, {
      kind: 'status',
      status: 503,
      when: 'before-body',
      headers: { 'retry-after': '1' },
    }),
    mustArrive: true,
  },
  {
    name: 'part: five failures in a row',
    promise: 'A server in trouble for some seconds does not end the upload.',
    server: { faults: [{ call: 'part', nth: 2, times: 5, kind: 'status', status: 502 }] },
    mustArrive: true,
  },
  {
    name: 'part: connection cut',
    promise: 'A part whose connection breaks half way is sent again.',
    server: once('part', 1, { kind: 'reset', when: 'after-bytes', bytes: 500_000 }),
    mustArrive: true,
  },
  {
    name: 'part: answer lost',
    promise: 'A part whose answer is lost is sent again, and is in the file once.',
    server: once('part', 1, { kind: 'reset', when: 'after-work' }),
    mustArrive: true,
  },
  {
    name: 'part: no answer',
    promise: 'A part that gets no answer is given up and sent again, within three minutes.',
    limitSeconds: 180,
    server: once('part', 1, { kind: 'hang', when: 'body', afterBytes: 100_000 }),
    mustArrive: true,
  },
  {
    name: 'complete: 500',
    promise: 'A completion that the server fails at is tried again.',
    server: once('complete', 1, { kind: 'status', status: 500 }),
    mustArrive: true,
  },
  {
    name: 'complete: answer lost',
    promise: 'When the answer to the completion is lost, the file is found: there is one, and exit code 0.',
    server: once('complete', 1, { kind: 'reset', when: 'after-work' }),
    mustArrive: true,
  },
  {
    name: 'complete: answer cut off',
    promise: 'Half an answer to the completion is the same as none.',
    server: once('complete', 1, { kind: 'garble', truncate: true }),
    mustArrive: true,
  },
  {
    name: 'wrong key',
    promise: 'A key that is refused ends the run at once, and is not shown.',
    server: always('create', {
      kind: 'status',
      status: 401,
      body: { error: { message: 'Incorrect API key provided: sk-test-key.', type: 'invalid_request_error' } },
    }),
    mustArrive: false,
    fault: (stage, ended) =>
      ended.output.includes(stage.server.apiKey)
        ? 'the key is in its output'
        : requestsAtMost(1)(stage, ended),
  },
  {
    name: 'no credit left',
    promise: 'A 429 that no wait can cure ends the run at once.',
    server: always('create', {
      kind: 'status',
      status: 429,
      body: { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } },
    }),
    mustArrive: false,
    fault: requestsAtMost(1),
  },
  {
    name: 'killed half way',
    promise: 'Killed and started again, it goes on: what the server has is not sent again.',
    mustArrive: true,
    async play(stage) {
      await whileSending(stage, (run) => end(run, 'SIGKILL', stage));
      return await stage.start().ended;
    },
    fault: (stage, ended) => {
      const uploads = stage.server.uploads().length;
      return sentTwice(stage, ended) ?? (uploads > 1 ? `${uploads} uploads were created` : undefined);
    },
  },
  {
    name: 'stopped half way',
    promise: 'SIGTERM ends it within five seconds, and it goes on when it is started again.',
    mustArrive: true,
    async play(stage) {
      let seconds = 0;
      const { code, output } = await whileSending(stage, async (run) => {
        const stoppedAt = performance.now();
        await end(run, 'SIGTERM', stage);
        seconds = (performance.now() - stoppedAt) / 1000;
      });
      if (code === 0 || seconds > 5) return { code: code ?? 1, output: `${output}\nit took ${seconds} s` };
      return await stage.start().ended;
    },
    fault: sentTwice,
  },
  {
    name: 'file changed half way',
    promise: 'A file that changes while it is sent is never taken for whole.',
    mustArrive: false,
    play: (stage) => whileSending(stage, () => writeFile(stage.path, Buffer.alloc(BYTES, 7))),
    fault: ({ server, md5 }, { code }) => {
      const [file] = server.files();
      if (code !== 0 || file === undefined) return undefined;
      return server.fileMd5(file.id) === md5 ? undefined : 'it exits 0 with bytes that were never the file';
    },
  },
  {
    name: 'file cut short half way',
    promise: 'A file that becomes shorter while it is sent ends the run.',
    mustArrive: false,
    play: (stage) => whileSending(stage, () => truncate(stage.path, 1000)),
    fault: ({ server }, { code }) =>
      code === 0 && server.files().length === 0 ? 'it exits 0, and there is no file' : undefined,
  },
  {
    name: 'upload expired half way',
    promise: 'An upload that the server ends makes a new one, or an exit code that is not 0.',
    mustArrive: false,
    play: (stage) =>
      whileSending(stage, () => {
        const [upload] = stage.server.uploads();
        if (upload?.status === 'pending') stage.server.expireUpload(upload.id);
      }),
  },
];
