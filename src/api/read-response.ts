import type { Dispatcher } from 'undici';
import { invalidResponse } from './parse-responses.ts';
import type { Redact } from './redact.ts';
import type { Headers } from './retry-after.ts';

/** The largest response that we expect, a page of a hundred files, has about 30 KB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** A response with its whole body as text. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Some servers repeat what they were sent. No secret may reach a record, a log or the screen that
 * way.
 */
export async function readResponse(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { action, redact }: { readonly action: string; readonly redact: Redact },
): Promise<Response> {
  const cleanHeaders = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(redact) : value && redact(value),
  ]);
  const text = redact(await readText(body, action));

  return { status: statusCode, headers: Object.fromEntries(cleanHeaders), text };
}

async function readText(body: Dispatcher.ResponseData['body'], action: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) throw invalidResponse(action, 'the response is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The JSON object of a success. @throws UploadError `server_error` */
export function parseResponse(response: Response, action: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(response.text);
  } catch {
    throw invalidResponse(action, 'the response is not JSON', response);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw invalidResponse(action, 'the response is not a JSON object', response);
}
