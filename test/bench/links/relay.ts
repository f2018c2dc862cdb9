import type { Socket } from 'node:net';
import type { Throttle } from '../../helpers/uploads-server/throttle.ts';

/** Bytes of a connection that may be unacknowledged: what Linux lets a sender's buffer grow to. */
const WINDOW_BYTES = 4 * 1024 ** 2;

export interface Lane {
  readonly throttles: readonly Throttle[];
  readonly roundTripMs: number;
  /** Wait before the first byte: the handshakes that a real connection takes. */
  readonly openMs: number;
  readonly signal: AbortSignal;
}

/** Carries bytes one way: each waits for the throttles, then travels half a round trip, while others follow it. */
export async function relay(from: Socket, to: Socket, lane: Lane): Promise<void> {
  const pieceBytes = Math.min(65_536, ...lane.throttles.map((throttle) => throttle.pieceBytes));
  const line = createLine(to, lane);
  const openAt = performance.now() + lane.openMs;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes);
      for (const throttle of lane.throttles) await throttle.take(piece.length, lane.signal);
      await line.send(piece, openAt);
    }
  }
  await line.drained();
  to.end();
}

/** What is on its way, in order: each piece arrives when its time has come and the one before it is there. */
function createLine(to: Socket, { roundTripMs, signal }: Lane) {
  const onTheWay: { readonly piece: Buffer; readonly dueAt: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let unacknowledged = 0;
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });
  const acknowledge = (bytes: number) => {
    unacknowledged -= bytes;
    wake();
  };
  const later = (ms: number, act: () => void) => (ms > 0 ? setTimeout(act, ms) : void act());
  const deliver = () => {
    timer = undefined;
    for (let next = onTheWay[0]; next !== undefined; next = onTheWay[0]) {
      const { piece, dueAt } = next;
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(deliver, waitMs);
        return;
      }
      onTheWay.shift();
      to.write(piece, () => later(roundTripMs / 2, () => acknowledge(piece.length)));
    }
  };
  const below = async (bytes: number) => {
    while (unacknowledged > bytes && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    signal.throwIfAborted();
  };
  return {
    async send(piece: Buffer, openAt: number) {
      unacknowledged += piece.length;
      onTheWay.push({ piece, dueAt: Math.max(openAt, performance.now()) + roundTripMs / 2 });
      if (timer === undefined) deliver();
      await below(WINDOW_BYTES);
    },
    drained: () => below(0),
  };
}
