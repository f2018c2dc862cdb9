import { pipeline } from 'node:stream/promises';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { ServerContext } from './server-context.ts';

/** A refused body is read to its end, so that the client gets the answer; past this the connection is closed. */
const maxDrainBytes = 256 * 1024 * 1024;

/** Sends it, unless the client is gone. The log knows the status before the client does. */
export async function sendAnswer(context: ServerContext, exchange: Exchange, answer: Answer): Promise<void> {
  const { response, entry, signal } = exchange;
  if (signal.aborted || response.destroyed) return;
  entry.status = answer.status;
  const body = Buffer.from(answer.kind === 'json' ? JSON.stringify(answer.json) : textOf(answer));
  response.writeHead(answer.status, {
    date: new Date(context.clock.nowMs()).toUTCString(),
    'x-request-id': entry.requestId,
    'content-type': answer.kind === 'text' ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': contentLength(answer, body),
    ...(isWorthDraining(exchange) ? {} : { connection: 'close' }),
    ...answer.headers,
  });
  if (answer.kind === 'stream') {
    await pipeline(answer.chunks(), response);
    return;
  }
  // Before the last byte leaves: the client's next request may be here before this one is seen to end.
  context.log.end(entry);
  if (answer.kind === 'text' && answer.missingBytes !== undefined) {
    response.write(body, () => response.socket?.destroySoon());
  } else {
    response.end(body);
  }
}

function textOf(answer: Answer): string {
  return answer.kind === 'text' ? answer.text : '';
}

function contentLength(answer: Answer, body: Buffer): number {
  if (answer.kind === 'stream') return answer.bytes;
  return body.length + (answer.kind === 'text' ? (answer.missingBytes ?? 0) : 0);
}

function isWorthDraining({ request, entry }: Exchange): boolean {
  return Number(request.headers['content-length'] ?? 0) - entry.bodyBytes <= maxDrainBytes;
}
