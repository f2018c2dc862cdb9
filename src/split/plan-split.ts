import { resolve } from 'node:path';
import { openLocalDependencies } from '../local/local-dependencies.ts';
import { planPush } from '../local/plan-push.ts';
import type { PiecePlan, SplitPlan } from '../model/piece.ts';
import type { SplitOptions } from '../options/options.ts';
import { checkSplitOptions } from '../options/validate.ts';
import { toCallerError } from '../upload/caller-error.ts';
import { peekResumable } from '../upload/find-resumable.ts';
import { peekManifest } from './open-manifest.ts';
import { specOfPiece } from './piece-spec.ts';
import { planPieces } from './plan-pieces.ts';
import { pieceOf } from './splitter.ts';

/** Does what `pushSplit` does before its first request. @throws UploadError */
export async function planSplit(path: string, options: SplitOptions): Promise<SplitPlan> {
  checkSplitOptions(options);
  const local = await openLocalDependencies({ ...options, insecureHttp: options.insecureHttp ?? false });
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const deps = { ...local, sessions: local.records, signal, onEvent };

  try {
    const planned = await planPieces(path, options, deps);
    const subject = { ...planned, connection: local.connection };
    const manifest = options.manifest && (await peekManifest(resolve(options.manifest), subject, signal));
    const pieces: PiecePlan[] = [];
    for (const piece of planned.pieces) {
      const spec = await specOfPiece(piece, { planned, options });
      const unfinished = options.resume === false ? undefined : await peekResumable(spec, deps);
      const fileId = manifest ? (manifest.done(piece)?.fileId ?? null) : null;
      pieces.push({ ...planPush(spec, unfinished), piece: pieceOf(piece), fileId });
    }
    return { path: planned.source.path, bytes: planned.source.bytes, lines: planned.lines, pieces };
  } catch (error) {
    throw toCallerError(error, signal, { path: resolve(path) });
  }
}
