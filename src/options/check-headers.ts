import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { ConnectionOptions } from './connection-options.ts';

/** Headers that say how a request is transferred. Only this program may set them. */
const CARRIAGE = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Refuses headers that HTTP cannot carry. The error names the header but not its value, which may
 * be a secret.
 * @throws UploadError `usage`
 */
export function checkHeaders({ headers = {}, organization, project }: ConnectionOptions): void {
  for (const [name, value] of Object.entries(headers)) {
    if (CARRIAGE.has(name.toLowerCase())) throw wrong(`the header ${name} cannot be set`);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw wrong('a header has a name that HTTP does not allow');
    if (!canBeSent(value)) throw wrong(`the header ${name} holds characters that HTTP cannot carry`);
  }

  for (const [name, value] of Object.entries({ organization, project })) {
    if (value === undefined || canBeSent(value)) continue;
    throw new UploadError('usage', { message: `the ${name} holds characters that HTTP cannot carry` });
  }
}

function canBeSent(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function wrong(message: string): UploadError {
  return new UploadError('usage', { message, hint: hint`Change it in ${option('headers')}.` });
}
