import type { Connections } from '../../../src/api/connections.ts';
import { routeTo } from '../../../src/api/proxy.ts';
import type { Random } from './random.ts';
import { BASE_URL, KEY, type SimulatedProcess } from './simulated-process.ts';
import type { SimulatedAnswer, SimulatedRequest, SimulatedServer } from './simulated-server.ts';

/** The link to a server, and everything that can go wrong on it. */
export interface Link {
  /** Returns the connections of one process. Each stage of a request is a step of the process. */
  connections(process: SimulatedProcess): Connections;
}

export interface LinkOptions {
  readonly server: SimulatedServer;
  /** The server's clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly random: Random;
  /** The probability that a request to a path goes wrong. Called for each request. */
  readonly faultShare: (path: string) => number;
  /** Whether a *create* is answered with an older response, as by a cache. */
  readonly isRepeated: () => boolean;
  /** Called with each request that reaches the server, before the server sees it. */
  readonly onRequest: (request: SimulatedRequest) => void;
}

/** Each fault happens at one stage of a request. */
const FAULTS = [
  'refused connection',
  'cut body',
  'silence instead of the body',
  'status',
  'status after the work',
  'cut answer',
  'silence instead of the answer',
  'garbled answer',
  'sent twice',
  'odd date',
] as const;
type Fault = (typeof FAULTS)[number];

type Refusal = readonly [status: number, content: unknown, headers?: Readonly<Record<string, string>>];

/** What a server or proxy sends instead of the response, whether or not the work was done. */
const TROUBLE: readonly [Refusal, ...Refusal[]] = [
  [500, error(`Internal error for key ${KEY}.`)],
  [500, error(`Escaped: ${JSON.stringify(KEY)} ${encodeURIComponent(KEY)}`)],
  [502, 'bad gateway'],
  [503, 'upstream connect error or disconnect/reset before headers'],
  [408, error('Timeout.')],
];

/** Errors after which the server has done nothing. */
const REFUSALS: readonly [Refusal, ...Refusal[]] = [
  ...TROUBLE,
  [503, error('Overloaded.'), { 'retry-after': '2' }],
  [429, error('Slow down.'), { 'retry-after-ms': '1500' }],
  [429, error('Slow down.')],
];

/** Errors that end a run. */
const FINAL_REFUSALS: readonly [Refusal, ...Refusal[]] = [
  [401, error(`Incorrect API key provided: ${KEY}.`)],
  [400, error('A rule that nobody knows.')],
];

function error(message: string) {
  return { error: { message, type: 'server_error', param: null, code: null } };
}

/** Half of the worlds lose many responses to *complete*, which are the hardest to do without. */
export function faultShareBy(random: Random): (path: string) => number {
  const share = random.pick([0, 0.03, 0.2]);
  const ofComplete = random.pick([1, 3]);
  return (path) => (path.endsWith('/complete') ? share * ofComplete : share);
}

export function createLink(options: LinkOptions): Link {
  const { server, now, random, faultShare, isRepeated, onRequest } = options;
  const created: SimulatedAnswer[] = [];

  const chooseFault = (path: string): Fault | undefined =>
    random.chance(faultShare(path)) ? random.pick(FAULTS as unknown as [Fault, ...Fault[]]) : undefined;

  const answerTo = (request: SimulatedRequest, fault: Fault | undefined): SimulatedAnswer => {
    onRequest(request);
    // A part that is sent twice on the way to a server that counts both is impossible to notice.
    const isCreate = request.path.endsWith('/uploads');
    const [older] = isCreate && isRepeated() ? created : [];
    if (older !== undefined) return older;

    const isCounted = server.profile.surplus !== null && request.path.endsWith('/parts');
    if (fault === 'sent twice' && !isCounted) server.answer(request, now());
    const answer = server.answer(request, now());
    if (isCreate) created.push(answer);
    return answer;
  };

  return {
    connections: (process) => ({
      route: routeTo(BASE_URL, {}),
      close: async () => undefined,
      async send(outgoing, readResponse) {
        const { url, method, body, signal } = outgoing;
        const fault = chooseFault(url.pathname);
        const respond = (status: number, content: unknown, headers: Readonly<Record<string, string>> = {}) =>
          readResponse(responseOf({ status, content, headers: { date: dateOf(now(), fault), ...headers } }));

        signal.throwIfAborted();
        await process.step();
        if (fault === 'refused connection') throw systemError('ECONNREFUSED');
        if (random.chance(0.2)) await pause(process, random.between(1, 400), signal);

        const sent = await readBody(body, fault === 'cut body' || fault === 'silence instead of the body');
        if (fault === 'cut body') throw systemError('ECONNRESET');
        if (fault === 'silence instead of the body') return await forever(signal, process.death);
        if (fault === 'status')
          return await respond(...random.pick(random.chance(0.05) ? FINAL_REFUSALS : REFUSALS));

        await process.step();
        const request = { method, path: url.pathname + url.search, body: sent };
        const answer = answerTo(request, fault);

        // The work is done now, whether or not the response arrives.
        await process.step();
        if (fault === 'cut answer') throw systemError('ECONNRESET');
        if (fault === 'silence instead of the answer') return await forever(signal, process.death);
        if (fault === 'status after the work') return await respond(...random.pick(TROUBLE));
        if (fault === 'garbled answer') return await respond(200, '{"id":');

        return await respond(answer.status, answer.json);
      },
    }),
  };
}

function dateOf(nowMs: number, fault: Fault | undefined): string {
  const oddMs = 400 * 365 * 86_400_000;
  return new Date(fault === 'odd date' ? nowMs + oddMs : nowMs).toUTCString();
}

type ResponseData = Parameters<Parameters<Connections['send']>[1]>[0];

function responseOf(response: {
  readonly status: number;
  readonly content: unknown;
  readonly headers: Readonly<Record<string, string>>;
}): ResponseData {
  const { status, content, headers } = response;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  // Only the fields that the library reads.
  const data: Pick<ResponseData, 'statusCode' | 'headers'> & { readonly body: Iterable<Buffer> } = {
    statusCode: status,
    headers: { ...headers, 'x-request-id': 'req_simulated' },
    body: [Buffer.from(text)],
  };
  return data as unknown as ResponseData;
}

type Body = Parameters<Connections['send']>[0]['body'];

/** With `isCut`, reads only the beginning. */
async function readBody(body: Body | undefined, isCut: boolean): Promise<Buffer> {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;

  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(Buffer.from(chunk));
    if (isCut) break;
  }
  return Buffer.concat(chunks);
}

async function pause(process: SimulatedProcess, ms: number, signal: AbortSignal): Promise<void> {
  await process.clock.sleep(ms, signal);
  process.assertAlive();
}

/** Never resolves. Rejects when a caller gives up or its process dies. */
function forever(...signals: readonly AbortSignal[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of signals) {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }
  });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}
