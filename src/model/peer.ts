/** Who answers at the other end of a connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** Null without TLS. */
  readonly tls: {
    readonly protocol: string;
    /** Whom the certificate names, and who has vouched for it. Null when an earlier one still holds. */
    readonly certificate: {
      readonly subject: string;
      readonly issuer: string;
      readonly until: string;
    } | null;
  } | null;
}

/** In a few words. A company that looks into connections shows by its issuer. */
export function formatPeer({ tls }: Peer): string {
  if (tls === null) return 'without TLS';
  if (tls.certificate === null) return `${tls.protocol}, resumed`;
  const { subject, issuer, until } = tls.certificate;
  return `${tls.protocol}, certificate of ${subject} by ${issuer}, until ${until}`;
}
