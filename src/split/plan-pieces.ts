import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkFailure } from '../model/check-failure.ts';
import { UploadError } from '../model/errors.ts';
import type { CheckResult } from '../model/issue.ts';
import type { SplitOptions } from '../options/options.ts';
import { BOUNDS } from '../options/validate.ts';
import { NO_REQUEST } from '../preflight/batch-rules.ts';
import { refuseEmpty } from '../preflight/check-file.ts';
import { createIssueList } from '../preflight/issues.ts';
import type { JsonObject } from '../preflight/json.ts';
import { createRequestCheck, duplicateId, textOfId } from '../preflight/request-rules.ts';
import { inspectFile, isUntouched, openFile, type SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { emitWarnings, type Listener, termsOf } from '../upload/preflight-gate.ts';
import { cutFile } from './cut-file.ts';
import { createDuplicateIds, type DuplicateIds } from './duplicate-ids.ts';
import type { CutPiece, SplitBounds } from './splitter.ts';

/** A file that was read once, and the pieces to split it into. */
export interface PlannedPieces {
  /** The state of the file before it was read. */
  readonly source: SourceFile;
  /** The name of the whole file. The names of the pieces are made from it. */
  readonly filename: string;
  readonly bounds: SplitBounds;
  /** Including blank ones. */
  readonly lines: number;
  readonly pieces: readonly CutPiece[];
}

/**
 * Reads the whole file, checks its lines unless `check` is false, and plans the pieces. Apart from
 * 32 bytes for each line, memory does not depend on the size of the file.
 * @throws UploadError `check_failed`, `source_changed` when the file is touched while it is read,
 * and those of `inspectFile`
 */
export async function planPieces(
  path: string,
  options: SplitOptions,
  listener: Listener,
): Promise<PlannedPieces> {
  const source = await inspectFile(path);
  refuseEmpty(source);
  const planned = { source, ...splitAs(path, options) };

  listener.onEvent({ type: 'phase', phase: 'checking', path: source.path, bytes: source.bytes });
  const file = await openFile(source.path);

  try {
    const ids = options.check === false ? undefined : createDuplicateIds();
    const { lines, pieces } = await readLines(file, planned, { ids, listener });
    if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);
    return { ...planned, lines, pieces };
  } finally {
    await file.close();
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
  planned: Planned,
  { ids, listener }: { readonly ids: DuplicateIds | undefined; readonly listener: Listener },
): Promise<Pick<PlannedPieces, 'lines' | 'pieces'>> {
  const { path, bytes } = planned.source;
  const { clock } = listener;
  const [issues, uncuttable] = [createIssueList(), createIssueList()];
  const pieces: CutPiece[] = [];

  const checkRequest = createRequestCheck(issues, termsOf(listener));

  const checkLine = (request: JsonObject, line: number) => {
    checkRequest(request, line);
    const id = textOfId(request, line, issues);
    if (id !== undefined) ids?.see(id, line);
  };

  const cutting = cutFile(file, { ...planned, issues, uncuttable, ...(ids && { checkLine }) }, listener);
  let cut = await cutting.next();
  for (; cut.done !== true; cut = await cutting.next()) pieces.push(cut.value);

  const lines = cut.value;
  const result = { path, bytes, purpose: 'batch', ...(lines !== undefined && { lines }) };
  if (pieces.length === 0 && uncuttable.told().errorCount === 0) uncuttable.error(NO_REQUEST);

  if (ids) {
    const readAll = () => readRange(file, { index: 0, offset: 0, length: bytes }, { path, clock });
    const { count, duplicates } = await ids.confirm(readAll);
    for (const { id, ...where } of duplicates) issues.error(duplicateId(id, where));
    issues.moreErrors(count - duplicates.length);
    pass(emitWarnings({ ...result, ...issues.told() }, listener));
  }

  refuseUncuttable({ ...result, ...uncuttable.told() });

  return { lines: lines ?? 0, pieces };
}

/** Fails when there are errors. @throws UploadError `check_failed` */
function pass(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure) throw failure;
}

/**
 * Fails when a file cannot be split, even if it is not checked.
 * @throws UploadError `check_failed`
 */
function refuseUncuttable(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure === undefined) return;
  const hint = result.errors[0]?.hintParts ?? 'Fix the file.';
  throw new UploadError('check_failed', { message: failure.message, hint }, failure.facts);
}

export function changedMeanwhile({ path }: SourceFile): UploadError {
  const message = `${path} changed after it was checked`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
