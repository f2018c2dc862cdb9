import type { Socket } from 'node:net';
import type { Certificate, TLSSocket } from 'node:tls';
import type { Peer } from '../model/peer.ts';

/** Describes the other end of an open connection. Through a proxy, the address is the proxy's. */
export function peerOf(socket: Socket): Peer {
  return {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    tls: isTls(socket) ? tlsOf(socket) : null,
  };
}

function tlsOf(socket: TLSSocket): Peer['tls'] {
  // A resumed TLS session brings no certificate.
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const certificate = valid_to
    ? {
        subject: nameIn(subject),
        issuer: String(issuer?.O || nameIn(issuer)),
        until: new Date(valid_to).toISOString().slice(0, 10),
      }
    : null;

  return { protocol: socket.getProtocol() ?? 'TLS', certificate };
}

function nameIn(holder: Pick<Certificate, 'CN' | 'O'> | undefined): string {
  return String(holder?.CN || holder?.O || 'nobody');
}

/** Looks for a method, because an `instanceof` test would load TLS. */
function isTls(socket: Socket): socket is TLSSocket {
  return 'getPeerCertificate' in socket;
}
