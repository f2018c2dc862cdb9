import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The protocol, and whose certificate it is. A company that looks into connections shows by its
 * issuer.
 */
export function describePeer(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) return 'without TLS';
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const until = new Date(valid_to).toISOString().slice(0, 10);
  const name = (of: typeof subject | undefined) => of?.CN ?? of?.O ?? 'nobody';
  return `${socket.getProtocol()}, certificate of ${name(subject)} by ${issuer?.O ?? name(issuer)}, until ${until}`;
}
