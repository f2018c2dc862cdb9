import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Sends RST where possible. A TLS socket cannot do that, so it is closed. */
export function breakConnection(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
