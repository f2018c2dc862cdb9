import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkFailure } from '../model/check-failure.ts';
import { UploadError } from '../model/errors.ts';
import type { CheckResult } from '../model/issue.ts';
import type { SplitOptions } from '../options/options.ts';
import { BOUNDS } from '../options/validate.ts';
import { checkRequest, duplicateId, NO_REQUEST, textOfId } from '../preflight/batch-rules.ts';
import { refuseEmpty } from '../preflight/check-file.ts';
import { createIssueList, type IssueList } from '../preflight/issue-list.ts';
import { createManyIds, type ManyIds } from '../preflight/many-ids.ts';
import type { Spools } from '../sessions/spools.ts';
import { inspectFile, isUntouched, openFile, type SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { emitWarnings, type Listener } from '../upload/preflight-gate.ts';
import { confirmPairs } from './confirm-pairs.ts';
import { openScratch } from './open-scratch.ts';
import { createPieceReader } from './piece-reader.ts';
import type { CutPiece, OutlinedPiece, SplitBounds } from './splitter.ts';

/** A file that was read once, and the pieces to split it into. */
export interface PlannedPieces {
  /** The state of the file before it was read. */
  readonly source: SourceFile;
  /** The name of the whole file, from which the names of the pieces are made. */
  readonly filename: string;
  readonly bounds: SplitBounds;
  /** Including blank ones. */
  readonly lines: number;
  /** Without places when these would take too much memory. The file must then be read again. */
  readonly pieces: readonly PlannedPiece[];
}

export type PlannedPiece = OutlinedPiece & { readonly places: string | null };

/**
 * Bounds the places of all pieces together. A piece without lines of others in between needs a few
 * bytes.
 */
const MAX_KEPT_CHARACTERS = 4_000_000;

/**
 * Reads the whole file, checks its lines unless `check` is false, and plans the pieces. Memory does
 * not depend on the size of the file.
 * @throws UploadError `check_failed`, `source_changed` when the file is touched during the reading,
 * and those of `inspectFile`
 */
export async function planPieces(
  path: string,
  options: SplitOptions,
  deps: Listener & { readonly sessions: { readonly spools: Spools } },
): Promise<PlannedPieces> {
  const source = await inspectFile(path);
  refuseEmpty(source);
  const planned = { source, ...splitAs(path, options) };

  deps.onEvent({ type: 'phase', phase: 'checking', path: source.path, bytes: source.bytes });
  const scratch = openScratch(deps);
  const file = await openFile(source.path);

  try {
    const ids = options.check === false ? undefined : createManyIds(source.bytes, scratch.open);
    const { lines, pieces } = await readLines(file, planned, ids, deps);
    if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);
    return { ...planned, lines, pieces };
  } finally {
    await file.close();
    await scratch.release();
  }
}

/** Resolves the name of the whole file and the limits of its pieces. */
export function splitAs(path: string, options: SplitOptions): Pick<PlannedPieces, 'filename' | 'bounds'> {
  const { filename = basename(path), splitLines, splitBytes } = options;
  return {
    filename,
    bounds: { lines: splitLines ?? BOUNDS.splitLines.max, bytes: splitBytes ?? BOUNDS.splitBytes.max },
  };
}

type Planned = Pick<PlannedPieces, 'source' | 'filename' | 'bounds'>;

async function readLines(
  file: FileHandle,
  { source, filename, bounds }: Planned,
  ids: ManyIds | undefined,
  listener: Listener,
): Promise<Pick<PlannedPieces, 'lines' | 'pieces'>> {
  const { path, bytes } = source;
  const { signal, clock } = listener;
  const [issues, uncuttable] = [createIssueList(), createIssueList()];
  const kept = keepPieces();

  const reader = createPieceReader({
    bounds,
    filename,
    issues,
    uncuttable,
    onPiece: kept.put,
    ...(ids && {
      checkLine(request, line, start) {
        checkRequest(request, line, issues);
        const id = textOfId(request, line, issues);
        if (id !== undefined) ids.see(id, { line, offset: start });
      },
    }),
  });

  const bytesFrom = (offset: number) =>
    readRange(file, { index: 0, offset, length: bytes - offset }, { path, clock });

  for await (const chunk of bytesFrom(0)) {
    signal.throwIfAborted();
    reader.read(chunk);
    await ids?.spill();
  }

  reader.end();
  const lines = reader.lines();
  const result = { path, bytes, purpose: 'batch', ...(lines !== undefined && { lines }) };
  if (kept.pieces().length === 0 && uncuttable.told().errorCount === 0) uncuttable.error(NO_REQUEST);

  if (ids) {
    await addDuplicates(ids, bytesFrom, issues);
    pass(emitWarnings({ ...result, ...issues.told() }, listener));
  }

  refuseUncuttable({ ...result, ...uncuttable.told() });

  return { lines: lines ?? 0, pieces: kept.pieces() };
}

async function addDuplicates(
  ids: ManyIds,
  bytesFrom: (offset: number) => AsyncIterable<Buffer>,
  issues: IssueList,
): Promise<void> {
  const { count, same } = await confirmPairs(await ids.again(), bytesFrom);
  for (const { id, first, again } of same)
    issues.error(duplicateId(id, { line: again.line, first: first.line }));
  issues.moreErrors(count - same.length);
}

/** Fails when there are errors. @throws UploadError `check_failed` */
function pass(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure) throw failure;
}

/**
 * Fails for a file that cannot be split, even when it is not checked.
 * @throws UploadError `check_failed`
 */
function refuseUncuttable(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure === undefined) return;
  const hint = result.errors[0]?.hint ?? 'Fix the file.';
  throw new UploadError('check_failed', { message: failure.message, hint }, failure.facts);
}

function keepPieces() {
  let pieces: PlannedPiece[] = [];
  let characters = 0;
  return {
    pieces: (): readonly PlannedPiece[] => pieces,
    put(piece: CutPiece): void {
      const wasTooMuch = characters > MAX_KEPT_CHARACTERS;
      characters += piece.places.length;
      const isTooMuch = characters > MAX_KEPT_CHARACTERS;
      if (isTooMuch && !wasTooMuch) pieces = pieces.map((each) => ({ ...each, places: null }));
      pieces.push(isTooMuch ? { ...piece, places: null } : piece);
    },
  };
}

export function changedMeanwhile({ path }: SourceFile): UploadError {
  const message = `${path} changed after it was checked`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
