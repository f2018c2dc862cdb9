import { randomBytes, randomInt } from 'node:crypto';
import type { ServerProfile } from './server-profile.ts';

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function newId(kind: 'upload' | 'part' | 'file' | 'req'): string {
  if (kind !== 'file') return `${kind}_${randomBytes(12).toString('hex')}`;
  const letters = Array.from({ length: 22 }, () => alphanumeric[randomInt(alphanumeric.length)]);
  return `file-${letters.join('')}`;
}

export function newUploadId(purpose: string, { idShape }: ServerProfile): string {
  return idShape === 'azure' ? `${purpose}-${randomBytes(16).toString('hex')}` : newId('upload');
}

/** Azure's is base64, with a plus, a slash and `==` in it. */
export function newPartId({ idShape }: ServerProfile): string {
  if (idShape === 'openai') return newId('part');
  return Buffer.concat([Buffer.from([0xfb, 0xff]), randomBytes(11)]).toString('base64');
}
