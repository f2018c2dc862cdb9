import { pipeline } from 'node:stream/promises';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { ServerContext } from './server-context.ts';
import type { ServerProfile } from './server-profile.ts';

/**
 * A refused body is read to its end, so the client gets the response. With more than this left, the
 * connection is closed.
 */
const maxDrainBytes = 256 * 1024 * 1024;

/**
 * Sends the response, unless the client is gone. The log knows the status before the client does.
 */
export async function sendAnswer(context: ServerContext, exchange: Exchange, answer: Answer): Promise<void> {
  const { response, entry, signal } = exchange;
  if (signal.aborted || response.destroyed) return;
  entry.status = answer.status;
  const { times, gatewayAheadMs } = context.profile;
  const body = Buffer.from(answer.kind === 'json' ? textOfJson(answer.json, times) : textOf(answer));
  response.writeHead(answer.status, {
    date: new Date(context.clock.nowMs() + gatewayAheadMs).toUTCString(),
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
  // End the entry before the last byte leaves: the client's next request may arrive before this one
  // is seen to end.
  context.log.end(entry);
  if (answer.kind === 'text' && answer.missingBytes !== undefined) {
    response.write(body, () => response.socket?.destroySoon());
  } else {
    response.end(body);
  }
}

/** The times in the document's example, in which an upload ends before it begins. */
const PAST: Readonly<Record<string, number>> = { created_at: 1_719_184_911, expires_at: 1_719_127_296 };

function textOfJson(json: unknown, times: ServerProfile['times']): string {
  return JSON.stringify(json, (name, value) => {
    if (times === 'right' || !(name in PAST)) return times === 'none' && name === 'bytes' ? null : value;
    return times === 'none' ? undefined : PAST[name];
  });
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
