import { createIssueList } from '../preflight/issue-list.ts';
import { inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import type { Listener } from '../upload/preflight-gate.ts';
import { createPieceReader } from './piece-reader.ts';
import { changedMeanwhile, type PlannedPiece, type PlannedPieces } from './plan-pieces.ts';
import type { CutPiece } from './splitter.ts';

/**
 * Yields the pieces of a file, each when it is asked for: from memory, or by reading the file again
 * when the places of all slices did not fit. The file must be as it was when it was planned.
 * @throws UploadError `source_changed`; the signal's reason
 */
export async function* resplit(planned: PlannedPieces, listener: Listener): AsyncGenerator<CutPiece> {
  const { source, pieces } = planned;
  for await (const piece of allPlaced(pieces) ? pieces : readAgain(planned, listener)) {
    if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);
    yield piece;
  }
}

function allPlaced(pieces: readonly PlannedPiece[]): pieces is readonly CutPiece[] {
  return pieces.every(({ places }) => places !== null);
}

async function* readAgain(planned: PlannedPieces, { signal, clock }: Listener): AsyncGenerator<CutPiece> {
  const { source, filename, bounds, pieces } = planned;
  const { path, bytes } = source;
  const ready: CutPiece[] = [];
  // The first reading has reported all issues.
  const issues = createIssueList();
  const onPiece = (piece: CutPiece) => void ready.push(piece);
  const reader = createPieceReader({ bounds, filename, issues, uncuttable: issues, onPiece });
  let next = 0;

  const takeReady = function* () {
    for (const piece of ready.splice(0)) {
      if (pieces[next]?.checksum !== piece.checksum) throw changedMeanwhile(source);
      next += 1;
      yield piece;
    }
  };

  const file = await openFile(path);

  try {
    for await (const chunk of readRange(file, { index: 0, offset: 0, length: bytes }, { path, clock })) {
      signal.throwIfAborted();
      reader.read(chunk);
      yield* takeReady();
    }
    reader.end();
    yield* takeReady();
  } finally {
    await file.close();
  }
}
