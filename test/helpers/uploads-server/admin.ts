import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFaults } from './parse-faults.ts';
import type { ServerContext } from './server-context.ts';

/**
 * Controls for a test or a person when the server runs in another process. They need no key, so
 * they serve this machine only.
 */
export const adminPath = '/_admin/';

type Action = (context: ServerContext, body: unknown) => unknown;

const actions: Readonly<Record<string, Action>> = {
  'GET log': ({ log, plan }) => ({
    requests: log.entries,
    mostPartsInFlight: log.mostPartsInFlight(),
    pendingFaults: plan.pending(),
  }),
  'GET uploads': ({ store }) => store.uploads().map(({ object }) => object),
  'GET files': ({ store }) => [...store.files.values()].map(({ object, md5 }) => ({ ...object, md5 })),
  'POST faults': ({ plan }, body) => {
    const faults = parseFaults(body);
    plan.add(faults);
    return { added: faults.length };
  },
  'POST release': ({ holds }, body) => {
    const label = field(body, 'label', 'string');
    holds.release(label);
    return { released: label };
  },
  'POST expire': ({ store }, body) => {
    const id = field(body, 'id', 'string');
    store.expireUpload(id);
    return { expired: id };
  },
  'POST clock': ({ clock }, body) => {
    const offsetMs = field(body, 'offsetMs', 'number');
    clock.setOffset(offsetMs);
    return { offsetMs };
  },
};

export async function handleAdmin(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (!isLoopback(request.socket.remoteAddress)) return send(403, { error: 'This machine only.' });
  const name = (request.url ?? '').slice(adminPath.length).split('?', 1)[0] ?? '';
  const action = actions[`${request.method} ${name}`];
  if (!action) return send(404, { error: `Try one of: ${Object.keys(actions).join(', ')}.` });
  try {
    const body: unknown = request.method === 'POST' ? JSON.parse(await textOf(request)) : null;
    send(200, action(context, body));
  } catch (error) {
    send(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function isLoopback(address: string | undefined): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address ?? '');
}

function field(body: unknown, name: string, type: 'string'): string;
function field(body: unknown, name: string, type: 'number'): number;
function field(body: unknown, name: string, type: 'string' | 'number'): unknown {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (typeof value !== type) throw new Error(`The body must be {"${name}": a ${type}}.`);
  return value;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
