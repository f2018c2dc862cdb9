import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode, UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import { type CutPiece, MAX_OPEN_PIECES, pairKey } from './splitter.ts';

interface Disk {
  /** The folder that the pieces are written to. */
  readonly folder: string;
  /** The most pieces that are being uploaded, or waiting for it, at once. */
  readonly maxOnTheirWay: number;
  readonly freeBytesOf?: typeof freeBytesOf;
}

/**
 * Makes sure that the disk has room for all pieces that are on it at once.
 * @throws UploadError `session_unwritable`
 */
export async function refuseSmallDisk(
  pieces: readonly CutPiece[],
  { folder, maxOnTheirWay, freeBytesOf: free = freeBytesOf }: Disk,
): Promise<void> {
  const needed = bytesAtOnce(pieces, maxOnTheirWay);
  const freeBytes = await free(folder);
  if (freeBytes === undefined || freeBytes >= needed) return;

  const message = `${folder} has room for ${inMegabytes(freeBytes)}, but the pieces that are on the disk at once take up to ${inMegabytes(needed)}`;
  const advice = hint`Free some space, make the pieces smaller, or name another place with ${option('stateDir')}.`;
  throw new UploadError('session_unwritable', { message, hint: advice });
}

/**
 * Each URL and model can have an open piece, and the pieces being uploaded can be the largest ones.
 */
function bytesAtOnce(pieces: readonly CutPiece[], maxOnTheirWay: number): number {
  const open = Math.min(new Set(pieces.map(pairKey)).size, MAX_OPEN_PIECES);
  const sizes = pieces.map(({ bytes }) => bytes).sort((a, b) => b - a);
  return sizes.slice(0, open + maxOnTheirWay).reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Undefined when the system does not say. A folder that does not exist yet will be created on the
 * disk of its parent.
 */
async function freeBytesOf(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    return systemCode(error) === 'ENOENT' && parent !== folder ? await freeBytesOf(parent) : undefined;
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000).toLocaleString('en')} MB`;
}
