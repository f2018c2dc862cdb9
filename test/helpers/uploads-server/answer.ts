/**
 * The response that a route or a fault asks for. It has only plain values, so a fault can replace
 * one response with another.
 */
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
      /** Promises this many more bytes than `text` has, then closes the connection. */
      readonly missingBytes?: number;
    }
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly bytes: number;
      readonly chunks: () => AsyncIterable<Buffer>;
    };
