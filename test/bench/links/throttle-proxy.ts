import { type AddressInfo, connect, createServer } from 'node:net';
import { createThrottle } from '../../helpers/uploads-server/throttle.ts';
import type { LinkProfile } from './link-profile.ts';
import { relay } from './relay.ts';

/**
 * `throttle-proxy.ts PORT PROFILE`: stands between a client and the server on that port of this machine and makes the way
 * there as slow as the profile (JSON of a `LinkProfile`) says. Answers are delayed, not throttled. Prints its address.
 */
const port = Number(process.argv[2]);
const profile: LinkProfile = JSON.parse(process.argv[3] ?? '');
const throttlesOf = (bytesPerSecond: number | null) =>
  bytesPerSecond === null ? [] : [createThrottle(bytesPerSecond)];
const total = throttlesOf(profile.totalBytesPerSecond);

const proxy = createServer({ noDelay: true }, (client) => {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  const ended = new AbortController();
  for (const socket of [client, server]) {
    socket.on('error', () => undefined);
    socket.on('close', () => ended.abort());
  }
  const { roundTripMs, cutAfterMs } = profile;
  if (cutAfterMs !== undefined) setTimeout(() => client.resetAndDestroy(), cutAfterMs).unref();
  const lane = { roundTripMs, signal: ended.signal };
  const there = {
    ...lane,
    throttles: [...throttlesOf(profile.connectionBytesPerSecond), ...total],
    openMs: roundTripMs,
  };
  const back = { ...lane, throttles: [], openMs: 0 };
  void Promise.all([relay(client, server, there), relay(server, client, back)])
    // One of the two has gone.
    .catch(() => undefined)
    .finally(() => {
      client.destroy();
      server.destroy();
    });
});

proxy.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/v1`);
});
