import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Sends RST where it can; a TLS socket knows no such thing and is closed. */
export function breakConnection(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
