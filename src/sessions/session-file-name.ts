import { createHash } from 'node:crypto';

/** File systems take 255 bytes; conf's writer adds a suffix while it writes. */
const MAX_NAME_LENGTH = 200;

/**
 * The record's file name without `.json`. Ids are opaque, on Azure even base64, so anything but `[A-Za-z0-9_-]`
 * is written as `%` and two hex digits a byte; a name that would be too long becomes a digest.
 */
export function sessionFileName(uploadId: string): string {
  const name = Array.from(Buffer.from(uploadId, 'utf8'), encodeByte).join('');
  return name.length <= MAX_NAME_LENGTH ? name : `=${createHash('sha256').update(uploadId).digest('hex')}`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
}
