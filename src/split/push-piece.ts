import { thereAllTheSame } from '../job/job-journal.ts';
import { isUploadError } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { PieceOutcome } from '../model/piece.ts';
import type { UploadResult } from '../model/upload.ts';
import type { SplitOptions } from '../options/options.ts';
import type { Dependencies } from '../upload/dependencies.ts';
import { pushContent } from '../upload/push.ts';
import { createGate } from '../upload/push-many.ts';
import { createReach, type Reach } from '../upload/reach.ts';
import type { Manifest } from './open-manifest.ts';
import { type PieceContent, type PieceState, specOfPiece } from './piece-spec.ts';
import type { PlannedPieces } from './plan-pieces.ts';
import { type CutPiece, pieceOf } from './splitter.ts';
import type { ReadyPiece } from './spool-pieces.ts';

interface Work {
  readonly planned: PlannedPieces;
  readonly options: SplitOptions;
  readonly manifest: Manifest | undefined;
  readonly deps: Dependencies;
  readonly signal: AbortSignal;
}

/** Tells `mapInOrder` how to upload the pieces of a file. */
export function pieceWork(work: Work) {
  const { deps, signal } = work;
  const first = createGate();
  const reach = createReach();
  const onTheirWay = new Set<Promise<unknown>>();
  let hasBegun = false;
  let isOver = false;

  const pushReady = async ({ piece, state, release }: ReadyPiece): Promise<PieceOutcome> => {
    try {
      const outcome = await pushPiece(piece, state, { ...work, reach, onStarted: first.open });
      if (outcome.status === 'failed' && reach.onFailure(outcome.error)) isOver = true;
      work.options.onPieceEnd?.(outcome);
      return outcome;
    } finally {
      if ('content' in state) first.open();
      await release();
    }
  };

  return {
    isOver: () => isOver || signal.aborted,
    async whenReady({ state }: ReadyPiece): Promise<void> {
      if ('result' in state) return;
      // The first piece shows whether the account works, so a bad one is not tried with all pieces.
      if (hasBegun) await first.opened;
      hasBegun = true;
      while (onTheirWay.size >= maxOnTheirWay(deps)) await Promise.race(onTheirWay);
      await deps.limits.pool.whenReady();
    },
    start(ready: ReadyPiece): Promise<PieceOutcome> {
      const pushing = pushReady(ready);
      const ended: Promise<unknown> = pushing.catch(() => undefined).finally(() => onTheirWay.delete(ended));
      onTheirWay.add(ended);
      return pushing;
    },
  };
}

/** It takes several small pieces at once to keep the connections busy. */
const MAX_PIECES = 16;

/**
 * Bounds the number of spools on the disk. Even when parts are sent one at a time, one piece can be
 * completed while the next is sent.
 */
export function maxOnTheirWay({ limits }: Dependencies): number {
  return Math.min(limits.concurrency, MAX_PIECES) + 1;
}

async function pushPiece(
  cut: CutPiece,
  state: PieceState,
  work: Work & { readonly reach: Reach; readonly onStarted: () => void },
): Promise<PieceOutcome> {
  const piece = pieceOf(cut);
  const onEvent: OnEvent = (event) => {
    if (event.type === 'started') work.onStarted();
    work.reach.onEvent(event);
    work.options.onPieceEvent?.(event, piece);
  };
  try {
    if ('result' in state) onEvent({ type: 'completed', result: state.result });
    const result = 'result' in state ? state.result : await push(cut, state.content, { ...work, onEvent });
    return { status: 'completed', piece, result };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    await work.manifest?.addFailure(cut, error);
    return { status: 'failed', piece, error };
  }
}

async function push(
  piece: CutPiece,
  content: PieceContent,
  work: Work & { readonly onEvent: OnEvent },
): Promise<UploadResult> {
  const { planned, options, manifest, deps, signal, onEvent } = work;
  const own = deps.with({ onEvent, signal: AbortSignal.any([signal]) });
  const { path } = planned.source;
  const describe = () => specOfPiece(piece, work, content);
  // All lines were checked before.
  const checked = { ...options, filename: piece.filename, check: false, ifNotUploaded: false };
  const result = await pushContent({ path, describe }, checked, own);
  await manifest?.add(piece, result).catch((error) => {
    throw thereAllTheSame(error, result.fileId, result.uploadId);
  });
  return result;
}
