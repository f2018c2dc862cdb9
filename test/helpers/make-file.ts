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
