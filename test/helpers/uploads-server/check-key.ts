import type { IncomingHttpHeaders } from 'node:http';
import { apiError } from './api-error.ts';
import type { ServerProfile } from './server-profile.ts';

export interface ExpectedKey {
  readonly apiKey: string;
  readonly profile: Pick<ServerProfile, 'keyHeader' | 'errorShape'>;
}

/** A server that takes the key in its own header accepts no Authorization beside it. */
export function isKeyRight(headers: IncomingHttpHeaders, { apiKey, profile }: ExpectedKey): boolean {
  const { keyHeader } = profile;
  if (keyHeader === 'authorization') return headers.authorization === `Bearer ${apiKey}`;
  return headers[keyHeader] === apiKey && headers.authorization === undefined;
}

export function keyRefusal(headers: IncomingHttpHeaders, { profile }: ExpectedKey) {
  const { keyHeader } = profile;
  if (profile.errorShape === 'azure')
    return apiError(401, 'Access denied due to invalid subscription key or wrong API endpoint.');
  const given = headers[keyHeader];
  const message = given ? 'The API key is not right.' : `The API key is missing; send it as '${keyHeader}'.`;
  return apiError(401, message, { type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** The headers for the log: flat, and without the key. */
export function withoutKey(headers: IncomingHttpHeaders, { profile }: ExpectedKey): Record<string, string> {
  const secret = new Set(['authorization', 'api-key', profile.keyHeader]);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = String(value);
      if (!secret.has(name)) return [name, text];
      return [name, text.startsWith('Bearer ') ? 'Bearer ***' : '***'];
    }),
  );
}
