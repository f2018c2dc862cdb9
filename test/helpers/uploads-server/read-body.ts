import { untilAborted } from './abortable.ts';
import { breakConnection } from './break-connection.ts';
import type { Exchange } from './exchange.ts';
import { noteFault } from './exchange.ts';
import type { ServerContext } from './server-context.ts';
import { createThrottle, type Throttle } from './throttle.ts';

/**
 * Yields the request's body as it arrives and counts its bytes. The throttles limit its speed,
 * because the socket is not read while they wait. A fault may cut it off. Rejects when the client
 * goes away.
 */
export async function* readBody(context: ServerContext, exchange: Exchange): AsyncGenerator<Buffer> {
  const { request, response, entry, signal } = exchange;
  const stopAfterBytes = stopOf(exchange);
  const throttles = throttlesOf(context, exchange);
  // A client that asked whether to send its body is told so only now, so an early refusal spares it
  // the trip.
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  if (stopAfterBytes === 0) await stop(context, exchange);
  // Leaving the loop early must not destroy the request, because its refusal must still be sent.
  for await (const chunk of chunksOf(request)) {
    for (const piece of cut(chunk, throttles)) {
      for (const throttle of throttles) await throttle.take(piece.length, signal);
      const lengthBytes = Math.min(piece.length, stopAfterBytes - entry.bodyBytes);
      entry.bodyBytes += lengthBytes;
      yield piece.subarray(0, lengthBytes);
      if (entry.bodyBytes >= stopAfterBytes) await stop(context, exchange);
    }
  }
}

function chunksOf(request: Exchange['request']): AsyncIterable<Buffer> {
  const iterator = request.iterator({ destroyOnReturn: false });
  return { [Symbol.asyncIterator]: () => iterator };
}

function throttlesOf(context: ServerContext, exchange: Exchange): readonly Throttle[] {
  const fault = exchange.planned?.fault;
  if (fault?.kind === 'slow') noteFault(exchange);
  const rates = [context.bytesPerSecond, fault?.kind === 'slow' ? fault.bytesPerSecond : null];
  const own = rates.filter((rate) => rate !== null).map(createThrottle);
  return context.totalThrottle ? [...own, context.totalThrottle] : own;
}

function* cut(chunk: Buffer, throttles: readonly Throttle[]): Generator<Buffer> {
  const pieceBytes = Math.min(chunk.length, ...throttles.map((throttle) => throttle.pieceBytes));
  for (let start = 0; start < chunk.length; start += pieceBytes) {
    yield chunk.subarray(start, start + pieceBytes);
  }
}

function stopOf({ planned }: Exchange): number {
  const fault = planned?.fault;
  if (fault?.kind === 'hang' && fault.when === 'body') return fault.afterBytes ?? 0;
  if (fault?.kind === 'reset' && fault.when === 'after-bytes') return fault.bytes;
  return Number.POSITIVE_INFINITY;
}

async function stop(context: ServerContext, exchange: Exchange): Promise<never> {
  noteFault(exchange);
  if (exchange.planned?.fault.kind === 'reset') breakConnection(exchange.request.socket);
  // An unread socket does not show when the client gives up, so the request no longer counts as in
  // flight.
  context.log.leave(exchange.entry);
  context.log.changed();
  return untilAborted(exchange.signal);
}
