import type { IncomingHttpHeaders } from 'node:http';
import { apiError } from './api-error.ts';

export interface ExpectedKey {
  readonly apiKey: string;
  /** 'authorization' (with Bearer), or a header that carries the bare key, such as Azure's 'api-key'. */
  readonly keyHeader: string;
}

export function isKeyRight(headers: IncomingHttpHeaders, { apiKey, keyHeader }: ExpectedKey): boolean {
  return headers[keyHeader] === (keyHeader === 'authorization' ? `Bearer ${apiKey}` : apiKey);
}

export function keyRefusal(headers: IncomingHttpHeaders, { keyHeader }: ExpectedKey) {
  const given = headers[keyHeader];
  const message = given ? 'The API key is not right.' : `The API key is missing; send it as '${keyHeader}'.`;
  return apiError(401, message, { type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** The headers for the log: flat, and without the key. */
export function withoutKey(headers: IncomingHttpHeaders, { keyHeader }: ExpectedKey): Record<string, string> {
  const secret = new Set(['authorization', 'api-key', keyHeader]);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = String(value);
      if (!secret.has(name)) return [name, text];
      return [name, text.startsWith('Bearer ') ? 'Bearer ***' : '***'];
    }),
  );
}
