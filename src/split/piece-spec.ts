import type { UploadResult } from '../model/upload.ts';
import type { SplitOptions } from '../options/options.ts';
import type { Dependencies } from '../upload/dependencies.ts';
import { peekResumable } from '../upload/find-resumable.ts';
import { specFor, type UploadSpec } from '../upload/upload-spec.ts';
import type { Manifest } from './open-manifest.ts';
import type { PlannedPieces } from './plan-pieces.ts';
import type { CutPiece } from './splitter.ts';

/** Where the bytes of a piece are. */
export type PieceContent = Pick<UploadSpec, 'source' | 'spool'>;

/** What there is of a piece: the file that an earlier run has made of it, or its bytes. */
export type PieceState = { readonly result: UploadResult } | { readonly content: PieceContent };

interface Split {
  readonly planned: Pick<PlannedPieces, 'source' | 'pieces'>;
  readonly options: SplitOptions;
  readonly manifest?: Manifest | undefined;
}

/** Says what is to be uploaded as a piece. Without a content only sessions of it can be found. */
export async function specOfPiece(
  { filename, bytes, checksum, sha256 }: CutPiece,
  { planned, options, manifest }: Split,
  content: PieceContent = { source: { ...planned.source, bytes }, spool: null },
): Promise<UploadSpec> {
  const cutFrom = { path: planned.source.path, checksum, sha256 };
  return await specFor({ ...content, cutFrom, manifest: manifest?.id }, { ...options, filename });
}

/**
 * Finds the pieces that need not be written, by their numbers: those whose file is there, and those
 * whose bytes an unfinished session has kept.
 * @throws as `peekResumable`
 */
export async function findKept(split: Split, deps: Dependencies): Promise<ReadonlyMap<number, PieceState>> {
  const { planned, options, manifest } = split;
  const kept = new Map<number, PieceState>();

  for (const piece of planned.pieces) {
    const result = manifest?.done(piece);
    if (result !== undefined) {
      kept.set(piece.number, { result });
      continue;
    }

    if (options.resume === false) continue;
    const record = await peekResumable(await specOfPiece(piece, split), deps);
    if (record !== undefined)
      kept.set(piece.number, { content: { source: record.source, spool: record.spool } });
  }

  return kept;
}
