import type { AddressInfo, Socket } from 'node:net';
import type { Answer } from './answer.ts';
import { createRawServer } from './raw-server.ts';
import { readRequests } from './read-requests.ts';
import { serveSinkApi } from './sink-api.ts';
import { createSinkState } from './sink-state.ts';

/** A server that takes parts as cheaply as it can and throws them away. Prints its address; ends when it is killed. */
const state = createSinkState();

const server = createRawServer((socket) => {
  const reader = readRequests((head) => {
    if (head.header('expect') === '100-continue') socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    return serveSinkApi(state, head, (answer) => send(socket, answer));
  });
  // A client that is killed breaks its connections; its parts are then no longer in flight.
  socket.on('error', () => undefined);
  socket.on('close', reader.close);
  return (bytes) => {
    try {
      reader.feed(bytes);
    } catch (error) {
      console.error(`sink: ${error instanceof Error ? error.message : error}`);
      socket.destroy();
    }
  };
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});

function send(socket: Socket, { status, body }: Answer): void {
  if (socket.destroyed) return;
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'No'}`,
    `date: ${new Date().toUTCString()}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
