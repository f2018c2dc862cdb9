import type { FileHandle } from 'node:fs/promises';
import { checkFailure } from '../model/check-failure.ts';
import type { UploadError } from '../model/errors.ts';
import { hint } from '../model/hint.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { shownPath } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import { cancelQuietly } from './context.ts';
import { checkOpenFile, emitChecking } from './preflight-gate.ts';

/**
 * Works on a session while the preflight reads its file, if the preflight is still due. The first
 * error stops the work at once. The file is still read to its end to report all errors, and the
 * upload is cancelled.
 * @throws UploadError `check_failed`, and what the work or the reading throws
 */
export async function withBackgroundPreflight<T>(
  session: SessionHandle,
  file: FileHandle,
  context: UploadContext,
  work: (context: UploadContext) => Promise<T>,
): Promise<T> {
  if (session.record.check !== 'due') return await work(context);

  const { deps } = context;
  const over = new AbortController();
  const bad = new AbortController();

  const listener = {
    ...deps,
    signal: AbortSignal.any([deps.signal, over.signal]),
    onError() {
      if (bad.signal.aborted) return;
      deps.onEvent({ type: 'unfit', path: shownPath(session.record) });
      bad.abort();
    },
  };

  const checking = checkSession(session, file, listener);
  let isRead = false;

  checking.then(
    () => {
      isRead = true;
    },
    () => bad.abort(),
  );
  const verdict = () => {
    if (!isRead) emitChecking(session.record, deps);
    return checking;
  };

  try {
    const signal = AbortSignal.any([deps.signal, bad.signal]);
    const result = await work({ ...context, deps: { ...deps, signal } });
    await passOrCancel(session, await verdict(), context);
    return result;
  } catch (error) {
    if (bad.signal.aborted && error === bad.signal.reason)
      await passOrCancel(session, await verdict(), context);
    throw error;
  } finally {
    over.abort();
    // The caller is about to close the file that the check reads.
    await checking.catch(() => undefined);
  }
}

/**
 * Saves a success at once. If the run ends before its last part, the next run need not check again.
 */
async function checkSession(
  session: SessionHandle,
  file: FileHandle,
  listener: Parameters<typeof checkOpenFile>[2],
): Promise<UploadError | undefined> {
  const failure = checkFailure(await checkOpenFile(file, session.record, listener));
  if (failure === undefined) await session.update({ check: 'passed' });
  return failure;
}

async function passOrCancel(
  session: SessionHandle,
  failure: UploadError | undefined,
  context: UploadContext,
): Promise<void> {
  if (failure === undefined) return;

  // If the server still has the upload, the session stays open for another run to cancel it.
  const isOver = await cancelQuietly(session.record.uploadId, context, context.deps.signal);
  if (isOver) await session.update({ status: 'cancelled' });
  const told = isOver
    ? 'The upload was cancelled.'
    : 'The upload could not be cancelled. Cancel it later, or let it expire.';

  throw failure.with({ hint: hint`${failure.hintParts} ${told}` });
}
