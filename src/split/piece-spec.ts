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

/** Either the file that an earlier run made of a piece, or the bytes of the piece. */
export type PieceState = { readonly result: UploadResult } | { readonly content: PieceContent };

interface Split {
  readonly planned: Pick<PlannedPieces, 'source' | 'pieces'>;
  readonly options: SplitOptions;
  readonly manifest?: Manifest | undefined;
}

/**
 * Describes the upload of a piece. Without `content`, the result can only find sessions of the
 * piece.
 */
export async function specOfPiece(
  { filename, bytes, checksum, sha256 }: CutPiece,
  { planned, options, manifest }: Split,
  content: PieceContent = { source: { ...planned.source, bytes }, spool: null },
): Promise<UploadSpec> {
  const cutFrom = { path: planned.source.path, checksum, sha256 };
  return await specFor({ ...content, cutFrom, manifest: manifest?.id }, { ...options, filename });
}

/**
 * Finds the pieces that need not be written, by number: those whose file exists, and those whose
 * bytes an unfinished session has kept.
 * @throws what `peekResumable` throws
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
