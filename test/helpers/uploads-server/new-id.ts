import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { CreateUploadRequest } from './api-objects.ts';
import type { ServerProfile } from './server-profile.ts';

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function newId(kind: 'upload' | 'part' | 'file' | 'req'): string {
  if (kind !== 'file') return `${kind}_${randomBytes(12).toString('hex')}`;
  const letters = Array.from({ length: 22 }, () => alphanumeric[randomInt(alphanumeric.length)]);
  return `file-${letters.join('')}`;
}

/** A derived id is the same for all uploads with the same name and size. */
export function newUploadId(request: CreateUploadRequest, { idShape }: ServerProfile): string {
  const { filename, purpose, bytes } = request;
  if (idShape === 'azure') return `${purpose}-${randomBytes(16).toString('hex')}`;
  if (idShape === 'openai') return newId('upload');
  return `upload_${createHash('sha256').update(`${filename} ${bytes}`).digest('hex').slice(0, 24)}`;
}

/** Azure's part ids are base64. This one has a plus, a slash and `==` in it. */
export function newPartId({ idShape }: ServerProfile): string {
  if (idShape !== 'azure') return newId('part');
  return Buffer.concat([Buffer.from([0xfb, 0xff]), randomBytes(11)]).toString('base64');
}
