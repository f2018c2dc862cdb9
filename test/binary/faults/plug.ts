import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A plug in the line to a server: pulled, nothing answers at its port any more; put back, all is as before. */
export interface Plug {
  readonly port: number;
  pull(): Promise<void>;
  putBack(): Promise<void>;
  /** From now on something answers that does not speak HTTP. */
  babble(): void;
}

export async function createPlug(targetPort: number): Promise<Plug> {
  const sockets = new Set<Socket>();
  let isBabbling = false;
  const server = createServer((socket) => {
    keep(sockets, socket);
    if (isBabbling) return void socket.end('SSH-2.0-OpenSSH_9.6\r\n');
    const onward = keep(sockets, connect(targetPort, '127.0.0.1'));
    socket.pipe(onward).pipe(socket);
    socket.once('close', () => onward.destroy());
    onward.once('close', () => socket.destroy());
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async pull() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    putBack: () => listen(port),
    babble() {
      isBabbling = true;
    },
  };
}

function keep(sockets: Set<Socket>, socket: Socket): Socket {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
  return socket;
}
