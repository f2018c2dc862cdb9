/** What a route, or a fault, wants to be sent. Plain values, so that a fault can replace one by another. */
export type Answer =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json: unknown;
    }
  | {
      readonly kind: 'text';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly text: string;
      /** Promise this many bytes more than `text` has, then close the connection. */
      readonly missingBytes?: number;
    }
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly bytes: number;
      readonly chunks: () => AsyncIterable<Buffer>;
    };
