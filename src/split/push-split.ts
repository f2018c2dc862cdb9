import { realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { unlockable } from '../job/job-journal.ts';
import { isUploadError } from '../model/errors.ts';
import type { PieceOutcome } from '../model/piece.ts';
import type { SplitOptions } from '../options/options.ts';
import { checkSplitOptions } from '../options/validate.ts';
import { askModels } from '../upload/ask-models.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { createContext } from '../upload/context.ts';
import { type Dependencies, openDependencies } from '../upload/dependencies.ts';
import { mapInOrder } from '../upload/map-in-order.ts';
import { tidySpools } from '../upload/tidy-spools.ts';
import { refuseSmallDisk } from './check-disk.ts';
import { type Manifest, openManifest, refuseUnusableManifest } from './open-manifest.ts';
import { findKept } from './piece-spec.ts';
import { type PlannedPieces, planPieces, splitAs } from './plan-pieces.ts';
import { maxOnTheirWay, pieceWork } from './push-piece.ts';
import { pieceOf } from './splitter.ts';
import { spoolPieces } from './spool-pieces.ts';

/**
 * Uploads a file in pieces, several at a time, and yields the outcomes in the order of the pieces.
 * A piece that fails does not stop the others. If all of them would fail for the same reason, no
 * more are started.
 * @throws UploadError when the file cannot be read or split, or has changed since it was checked
 */
export async function* pushSplit(path: string, options: SplitOptions): AsyncGenerator<PieceOutcome> {
  checkSplitOptions(options);
  const deps = await openDependencies(options);
  try {
    yield* pushPieces(path, options, deps);
  } finally {
    await deps.close();
  }
}

/** Does the same with dependencies of the caller's. @throws like `pushSplit` */
export async function* pushPieces(
  path: string,
  options: SplitOptions,
  deps: Dependencies,
): AsyncGenerator<PieceOutcome> {
  // When the caller stops iterating, the pieces being uploaded stop.
  const left = new AbortController();
  const signal = AbortSignal.any([deps.signal, left.signal]);
  try {
    const locked = options.manifest === undefined ? undefined : await lockManifest(path, options, deps);
    try {
      const planned = await planPieces(path, options, deps);
      const manifest = await locked?.open(planned);
      const { source, pieces } = planned;
      const work = { planned, options, manifest, deps, signal };

      const kept = await findKept(work, deps);
      const toWrite = pieces.filter(({ number }) => !kept.has(number));
      const models = [...new Set(toWrite.flatMap(({ model }) => model ?? []))];
      if (options.check !== false) await askModels({ path: source.path, models }, deps);

      // Files that killed runs have left may take up the space that this run needs.
      await tidySpools(deps, (spools) => spools.sweep());
      await refuseSmallDisk(
        toWrite,
        // One more piece waits for its turn.
        { folder: deps.sessions.spools.folder, maxOnTheirWay: maxOnTheirWay(deps) + 1 },
      );

      deps.onEvent({ type: 'split', path: source.path, pieces: pieces.map(pieceOf) });
      const outcomes = mapInOrder(spoolPieces(planned, kept, { ...deps, signal }), {
        ...pieceWork(work),
        stop: () => left.abort(),
      });
      let [told, hasFailed] = [0, false];
      for await (const outcome of outcomes) {
        told += 1;
        hasFailed ||= outcome.status === 'failed';
        yield outcome;
      }
      // Without any failure, the caller would take the pieces that are left for done.
      if (told < pieces.length && !hasFailed) deps.signal.throwIfAborted();
    } finally {
      await locked?.release();
    }
  } catch (error) {
    throw toCallerError(error, deps.signal, { path: resolve(path) });
  }
}

/**
 * Locks the manifest for this process, because two processes would upload everything twice.
 * @throws UploadError `session_locked`, and what `openManifest` throws
 */
async function lockManifest(source: string, options: SplitOptions, deps: Dependencies) {
  const path = resolve(options.manifest ?? '');
  const { connection, signal } = deps;
  const context = createContext(options, deps);
  context.slot.release();
  const orReplaced = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (!options.replaceManifest || !isUploadError(error) || error.code !== 'manifest_mismatch')
        throw error;
      await rm(path);
      return await action();
    }
  };
  await orReplaced(() => refuseUnusableManifest(path, { ...splitAs(source, options), connection }, signal));
  const lock = await deps.sessions.lockFile(await realPath(path), context.lockWait).catch(unlockable(path));
  let manifest: Manifest | undefined;
  const release = async () => {
    await manifest?.close();
    await lock.release();
  };
  const open = async (planned: PlannedPieces) => {
    manifest = await orReplaced(() => openManifest(path, { ...planned, connection }, signal));
    return manifest;
  };
  return { open, release };
}

/** Resolves links, because one file can have several names. The file need not exist yet. */
async function realPath(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return await realpath(path).catch(() => join(folder, basename(path)));
}
