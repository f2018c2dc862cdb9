import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Writes `bytes` bytes that look random but are the same for the same seed, and gives their MD5. */
export async function makeFile(path: string, bytes: number, seed = 1): Promise<string> {
  const md5 = createHash('md5');
  const file = await open(path, 'w');
  try {
    let state = seed * 2654435761;
    for (let left = bytes; left > 0; ) {
      const chunk = Buffer.alloc(Math.min(left, 1 << 20));
      for (let at = 0; at + 4 <= chunk.length; at += 4) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        chunk.writeUInt32LE(state, at);
      }
      md5.update(chunk);
      await file.write(chunk);
      left -= chunk.length;
    }
  } finally {
    await file.close();
  }
  return md5.digest('hex');
}

const FIRST = Buffer.from(
  'd131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89' +
    '55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b' +
    'd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0' +
    'e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70',
  'hex',
);
const DIFFERS_AT = [19, 45, 59, 83, 109, 123];

/** Two contents of 128 bytes with the same MD5, by Wang and Yu; they differ in six bits. */
export const COLLISION = [
  FIRST,
  Buffer.from(FIRST.map((byte, at) => (DIFFERS_AT.includes(at) ? byte ^ 0x80 : byte))),
] as const;
