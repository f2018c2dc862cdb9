/** Our longest head is under 1 KB. */
const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Undefined when there is no such header; by its name in lower case. */
  header(name: string): string | undefined;
  readonly bodyBytes: number;
}

/** What is done with one request. */
export interface RequestWork {
  /** A piece of the body, valid only during the call. */
  piece(bytes: Buffer): void;
  /** The body is complete. */
  end(): void;
  /** The connection broke before that. */
  abandon?(): void;
}

export interface RequestReader {
  /** Bytes from the connection, valid only during the call. @throws Error on what is not HTTP with a `Content-Length` */
  feed(bytes: Buffer): void;
  close(): void;
}

/**
 * The least of HTTP/1.1 that our clients need: heads, and bodies with a `Content-Length`, one after the other on a
 * connection. Bodies are counted and handed on, never kept, copied or searched.
 */
export function readRequests(begin: (head: RequestHead) => RequestWork): RequestReader {
  let head: Buffer = Buffer.alloc(0);
  let work: RequestWork | undefined;
  let left = 0;
  const finish = () => {
    const ended = work;
    work = undefined;
    ended?.end();
  };
  const feedHead = (bytes: Buffer): Buffer => {
    const searched = head.length;
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0 && head.length > MAX_HEAD_BYTES) throw new Error('the head of a request is too long');
    if (end < 0) return bytes.subarray(bytes.length);
    const parsed = parseHead(head.toString('latin1', 0, end));
    head = Buffer.alloc(0);
    left = parsed.bodyBytes;
    work = begin(parsed);
    return bytes.subarray(end + HEAD_END.length - searched);
  };
  const feedBody = (bytes: Buffer): Buffer => {
    const mine = bytes.length <= left ? bytes : bytes.subarray(0, left);
    left -= mine.length;
    work?.piece(mine);
    return bytes.subarray(mine.length);
  };
  return {
    feed(bytes) {
      let rest = bytes;
      while (rest.length > 0) {
        rest = work === undefined ? feedHead(rest) : feedBody(rest);
        if (work !== undefined && left === 0) finish();
      }
    },
    close: () => work?.abandon?.(),
  };
}

function parseHead(text: string): RequestHead {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (headers.has('transfer-encoding')) throw new Error('a body without a Content-Length');
  return {
    method,
    path,
    header: (name) => headers.get(name),
    bodyBytes: Number(headers.get('content-length') ?? 0),
  };
}
