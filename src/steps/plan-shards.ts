import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CheckResult } from '../model/check.ts';
import { checkFailure } from '../model/check-failure.ts';
import { UploadError } from '../model/errors.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_LINES, type SplitOptions } from '../options.ts';
import { checkRequest, duplicateId, NO_REQUEST, textOfId } from '../preflight/batch-rules.ts';
import { refuseEmpty } from '../preflight/check-file.ts';
import { createIssueList, type IssueList } from '../preflight/issue-list.ts';
import { createManyIds, type ManyIds } from '../preflight/many-ids.ts';
import type { Spools } from '../sessions/spools/spools.ts';
import { inspectFile, isUntouched, openFile, type SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { confirmPairs } from '../split/confirm-pairs.ts';
import { createShardReader } from '../split/create-shard-reader.ts';
import type { CutShard, OutlinedShard, SplitBounds } from '../split/cut-shard.ts';
import { type Listener, tellWarnings } from './check-source.ts';
import { openScratch } from './open-scratch.ts';

/** A file that was read once, and what it is to be cut into. */
export interface PlannedShards {
  /** As it was before it was read. */
  readonly source: SourceFile;
  /** Of the whole, from which the shards have theirs. */
  readonly filename: string;
  readonly bounds: SplitBounds;
  /** Blank ones included. */
  readonly lines: number;
  /** Without their places when these would take too much memory; then the file has to be read again. */
  readonly shards: readonly PlannedShard[];
}

export type PlannedShard = OutlinedShard & { readonly places: string | null };

/** For the places of all shards together; one without other shards' lines in between has a few bytes of them. */
const MOST_KEPT_CHARACTERS = 4_000_000;

/**
 * Reads all of a file: looks at its lines, unless nobody wants that, and cuts them, only to see what comes of it. In a memory that does
 * not depend on the file.
 * @throws UploadError `check_failed`, `source_changed` when somebody touches it meanwhile, and those of `inspectFile`
 */
export async function planShards(
  path: string,
  options: SplitOptions,
  deps: Listener & { readonly sessions: { readonly spools: Spools } },
): Promise<PlannedShards> {
  const source = await inspectFile(path);
  refuseEmpty(source);
  const planned = { source, ...splitAs(path, options) };
  deps.onEvent({ type: 'phase', phase: 'checking', path: source.path, bytes: source.bytes });
  const scratch = openScratch(deps);
  const file = await openFile(source.path);
  try {
    const ids = options.check === false ? undefined : createManyIds(source.bytes, scratch.open);
    const { lines, shards } = await readLines(file, planned, ids, deps);
    if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);
    return { ...planned, lines, shards };
  } finally {
    await file.close();
    await scratch.release();
  }
}

/** The name of the whole, and the bounds of its shards. */
export function splitAs(path: string, options: SplitOptions): Pick<PlannedShards, 'filename' | 'bounds'> {
  const { filename = basename(path), splitLines, splitBytes } = options;
  return { filename, bounds: { lines: splitLines ?? MAX_BATCH_LINES, bytes: splitBytes ?? MAX_BATCH_BYTES } };
}

type Planned = Pick<PlannedShards, 'source' | 'filename' | 'bounds'>;

async function readLines(
  file: FileHandle,
  { source, filename, bounds }: Planned,
  ids: ManyIds | undefined,
  listener: Listener,
): Promise<Pick<PlannedShards, 'lines' | 'shards'>> {
  const { path, bytes } = source;
  const { signal, clock } = listener;
  const [issues, uncuttable] = [createIssueList(), createIssueList()];
  const kept = keepShards();
  const reader = createShardReader({
    bounds,
    filename,
    issues,
    uncuttable,
    onShard: kept.put,
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
  if (kept.shards().length === 0 && uncuttable.told().errorCount === 0) uncuttable.error(NO_REQUEST);
  if (ids) {
    await tellDuplicates(ids, bytesFrom, issues);
    pass(tellWarnings({ ...result, ...issues.told() }, listener));
  }
  refuseUncuttable({ ...result, ...uncuttable.told() });
  return { lines: lines ?? 0, shards: kept.shards() };
}

async function tellDuplicates(
  ids: ManyIds,
  bytesFrom: (offset: number) => AsyncIterable<Buffer>,
  issues: IssueList,
): Promise<void> {
  const { count, same } = await confirmPairs(await ids.again(), bytesFrom);
  for (const { id, first, again } of same)
    issues.error(duplicateId(id, { line: again.line, first: first.line }));
  issues.moreErrors(count - same.length);
}

/** @throws UploadError `check_failed` */
function pass(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure) throw failure;
}

/** Without looking it cannot be cut either. @throws UploadError `check_failed` */
function refuseUncuttable(result: CheckResult): void {
  const failure = checkFailure(result);
  if (failure === undefined) return;
  const hint = result.errors[0]?.hint ?? 'Mend the file.';
  throw new UploadError('check_failed', { message: failure.message, hint }, failure.facts);
}

function keepShards() {
  let shards: PlannedShard[] = [];
  let characters = 0;
  return {
    shards: (): readonly PlannedShard[] => shards,
    put(shard: CutShard): void {
      const wasTooMuch = characters > MOST_KEPT_CHARACTERS;
      characters += shard.places.length;
      const isTooMuch = characters > MOST_KEPT_CHARACTERS;
      if (isTooMuch && !wasTooMuch) shards = shards.map((each) => ({ ...each, places: null }));
      shards.push(isTooMuch ? { ...shard, places: null } : shard);
    },
  };
}

export function changedMeanwhile({ path }: SourceFile): UploadError {
  const message = `${path} has changed since it was looked at`;
  const hint = 'Push it again once nothing writes to it any more.';
  return new UploadError('source_changed', { message, hint }, { path });
}
