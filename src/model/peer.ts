/** The other end of a connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** Null without TLS. */
  readonly tls: {
    readonly protocol: string;
    /**
     * Null when a TLS session was resumed: the certificate of the earlier connection still counts.
     */
    readonly certificate: {
      readonly subject: string;
      readonly issuer: string;
      readonly until: string;
    } | null;
  } | null;
}

/** Describes a connection in a few words. The issuer reveals a company that intercepts TLS. */
export function formatPeer({ tls }: Peer): string {
  if (tls === null) return 'without TLS';
  if (tls.certificate === null) return `${tls.protocol}, resumed`;
  const { subject, issuer, until } = tls.certificate;
  return `${tls.protocol}, certificate of ${subject} by ${issuer}, until ${until}`;
}
