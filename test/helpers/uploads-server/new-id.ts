import { randomBytes, randomInt } from 'node:crypto';

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function newId(kind: 'upload' | 'part' | 'file' | 'req'): string {
  if (kind !== 'file') return `${kind}_${randomBytes(12).toString('hex')}`;
  const letters = Array.from({ length: 22 }, () => alphanumeric[randomInt(alphanumeric.length)]);
  return `file-${letters.join('')}`;
}
