import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isUploadError, type UploadError, withFacts } from '../model/errors.ts';
import type { OnEvent } from '../model/events.ts';
import type { PieceOutcome } from '../model/piece.ts';
import type { SplitOptions } from '../options/options.ts';
import { checkSplitOptions } from '../options/validate.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { createContext } from '../upload/context.ts';
import { createDependencies, type Dependencies } from '../upload/dependencies.ts';
import { mapInOrder } from '../upload/map-in-order.ts';
import { pushSpec } from '../upload/push.ts';
import { concernsAll, createGate } from '../upload/push-many.ts';
import { specFor } from '../upload/upload-spec.ts';
import { type Manifest, openManifest, refuseUnusableManifest } from './open-manifest.ts';
import { type PlannedPieces, planPieces, splitAs } from './plan-pieces.ts';
import { resplit } from './resplit.ts';
import { type CutPiece, pieceOf } from './splitter.ts';

/**
 * Uploads a file in pieces, several at a time, and gives what comes of each in their order. One that fails does not stop the others,
 * unless its failure stands against all of them: then no more are begun.
 * @throws UploadError when the file cannot be read or split, or has changed since it was looked at
 */
export async function* pushSplit(path: string, options: SplitOptions): AsyncGenerator<PieceOutcome> {
  checkSplitOptions(options);
  const deps = createDependencies(options);
  try {
    yield* pushPieces(path, options, deps);
  } finally {
    await deps.close();
  }
}

async function* pushPieces(
  path: string,
  options: SplitOptions,
  deps: Dependencies,
): AsyncGenerator<PieceOutcome> {
  // Whoever stops listening stops the pieces that are on their way.
  const left = new AbortController();
  const signal = AbortSignal.any([deps.signal, left.signal]);
  try {
    const locked = options.manifest === undefined ? undefined : await lockManifest(path, options, deps);
    try {
      const planned = await planPieces(path, options, deps);
      const manifest = await locked?.open(planned);
      const { source, pieces } = planned;
      deps.onEvent({ type: 'split', path: source.path, pieces: pieces.map(pieceOf) });
      const each = { planned, options, manifest, deps, signal };
      yield* mapInOrder(resplit(planned, { ...deps, signal }), {
        ...pieceWork(each),
        stop: () => left.abort(),
      });
    } finally {
      await locked?.release();
    }
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: resolve(path) });
  }
}

interface Work {
  readonly planned: PlannedPieces;
  readonly options: SplitOptions;
  readonly manifest: Manifest | undefined;
  readonly deps: Dependencies;
  readonly signal: AbortSignal;
}

function pieceWork(work: Work) {
  const { manifest, deps, signal } = work;
  const first = createGate();
  let hasBegun = false;
  let isOver = false;
  return {
    isOver: () => isOver || signal.aborted,
    async whenReady(piece: CutPiece): Promise<void> {
      if (manifest?.done(piece)) return;
      // Whether the account is good shows with the first; a bad one is not tried with all of them.
      if (hasBegun) await first.opened;
      hasBegun = true;
      await deps.limits.pool.whenReady();
    },
    async start(piece: CutPiece): Promise<PieceOutcome> {
      try {
        const outcome = await pushPiece(piece, work, first.open);
        if (outcome.status === 'failed') isOver ||= endsSplit(outcome.error);
        work.options.onPieceEnd?.(outcome);
        return outcome;
      } finally {
        if (!manifest?.done(piece)) first.open();
      }
    },
  };
}

async function pushPiece(cut: CutPiece, work: Work, onStarted: () => void): Promise<PieceOutcome> {
  const piece = pieceOf(cut);
  const onEvent: OnEvent = (event) => {
    if (event.type === 'started') onStarted();
    work.options.onPieceEvent?.(event, piece);
  };
  try {
    const done = work.manifest?.done(cut);
    if (done) onEvent({ type: 'completed', result: done });
    return { status: 'completed', piece, result: done ?? (await push(cut, work, onEvent)) };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { status: 'failed', piece, error };
  }
}

async function push(piece: CutPiece, { planned, options, manifest, deps, signal }: Work, onEvent: OnEvent) {
  const { bytes, checksum, places, filename } = piece;
  const { source } = planned;
  const content = { source, spool: null, slices: { bytes, checksum, places }, manifest: manifest?.id };
  const own = deps.with({ onEvent, signal: AbortSignal.any([signal]) });
  const named = { ...options, filename };
  const result = await pushSpec(source.path, named, own, () => specFor(content, named));
  await manifest?.add(piece, result).catch((error) => {
    throw thereAllTheSame(error, result.fileId, result.uploadId);
  });
  return result;
}

/** A file that is there is worth naming even when the manifest could not be told. */
function thereAllTheSame(error: unknown, fileId: string, uploadId: string): unknown {
  if (!isUploadError(error)) return error;
  const message = `the file is there, ${fileId}, but ${error.message}`;
  return withFacts(error.with({ message }), { uploadId });
}

/** For this process alone: two that write to it would upload everything twice. @throws UploadError `session_locked`, and as `openManifest` */
async function lockManifest(source: string, options: SplitOptions, deps: Dependencies) {
  const path = resolve(options.manifest ?? '');
  const { connection } = deps;
  const context = createContext(options, deps);
  context.slot.release();
  await refuseUnusableManifest(path, { ...splitAs(source, options), connection });
  const lock = await deps.sessions.lockFile(await realPath(path), context.lockWait);
  let manifest: Manifest | undefined;
  const release = async () => {
    await manifest?.close();
    await lock.release();
  };
  const open = async (planned: PlannedPieces) => {
    manifest = await openManifest(path, { ...planned, connection });
    return manifest;
  };
  return { open, release };
}

/** By whatever links it is named; it need not be there yet. */
async function realPath(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return await realpath(path).catch(() => join(folder, basename(path)));
}

/** A failure of one piece that all others would meet too. */
function endsSplit(error: UploadError): boolean {
  return concernsAll(error) || error.code === 'manifest_unusable';
}
