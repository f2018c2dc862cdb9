import { apiError } from './api-error.ts';
import type { Exchange } from './exchange.ts';
import { readBody } from './read-body.ts';
import type { ServerContext } from './server-context.ts';

const maxJsonBytes = 1024 * 1024;

export async function readJson(context: ServerContext, exchange: Exchange): Promise<unknown> {
  const mediaType = (exchange.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw apiError(415, `The body must be application/json, not '${mediaType}'.`, {
      code: 'unsupported_content_type',
    });
  }
  const body = await readAll(context, exchange, maxJsonBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw apiError(400, 'The body is not JSON in UTF-8.', { code: 'invalid_json' });
  }
}

/** Reads the body of a call that must have none. */
export async function readNothing(context: ServerContext, exchange: Exchange): Promise<void> {
  const body = await readAll(context, exchange, maxJsonBytes);
  if (body.length > 0) throw apiError(400, 'This call takes no body.', { code: 'unexpected_body' });
}

async function readAll(context: ServerContext, exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBody(context, exchange)) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw apiError(413, `The body is over ${maxBytes} bytes.`, { code: 'body_too_large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
