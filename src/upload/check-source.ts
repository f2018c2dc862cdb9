import type { FileHandle } from 'node:fs/promises';
import { checkFailure } from '../model/check-failure.ts';
import type { Clock } from '../model/clock.ts';
import type { OnEvent } from '../model/events.ts';
import type { CheckResult } from '../model/issue.ts';
import { type Preflight, startPreflight } from '../preflight/start-preflight.ts';
import { openFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { describeSpoolError } from './shown-path.ts';
import type { UploadSpec } from './upload-spec.ts';

/** What of a wish the preflight looks at. */
export type Checkable = Pick<UploadSpec, 'source' | 'spool' | 'filename' | 'purpose'>;

export interface Listener {
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Looks at a file by the rules of its purpose, and reads it to its end when there are rules about what is in it. Tells the
 * warnings as events.
 * @throws UploadError `source_unreadable`, or `source_changed` when it becomes shorter meanwhile; the signal's reason
 */
export async function checkSource(spec: Checkable, listener: Listener): Promise<CheckResult> {
  const preflight = preflightOf(spec);
  if (preflight.reader === undefined) return emitWarnings(preflight.result(), listener);
  emitChecking(spec, listener);
  const file = await openFile(spec.source.path);
  try {
    return await checkOpenFile(file, spec, listener);
  } finally {
    await file.close();
  }
}

/** As `checkSource`, of an open file. `onError` is called once there is an error; the reading goes on. */
export async function checkOpenFile(
  file: FileHandle,
  spec: Checkable,
  listener: Listener & { readonly onError?: () => void },
): Promise<CheckResult> {
  const { signal, clock, onError } = listener;
  const { path, bytes } = spec.source;
  const preflight = preflightOf(spec);
  const { reader } = preflight;
  if (reader !== undefined) {
    const range = { index: 0, offset: 0, length: bytes };
    for await (const chunk of readRange(file, range, { path, clock })) {
      signal.throwIfAborted();
      reader.read(chunk);
      if (preflight.hasErrors()) onError?.();
    }
    reader.end();
  }
  return emitWarnings(preflight.result(), listener);
}

/** @throws as `checkSource`, and UploadError `check_failed` */
export async function passCheck(spec: Checkable, listener: Listener): Promise<void> {
  try {
    const failure = checkFailure(await checkSource(spec, listener));
    if (failure) throw failure;
  } catch (error) {
    throw describeSpoolError(error, spec);
  }
}

/** Before anything is read. */
export function preflightOf(spec: Checkable): Preflight {
  const { source, filename, purpose } = spec;
  return startPreflight({ path: nameOf(spec), bytes: source.bytes, filename, purpose });
}

export function emitChecking(spec: Checkable, { onEvent }: Pick<Listener, 'onEvent'>): void {
  onEvent({ type: 'phase', phase: 'checking', path: nameOf(spec), bytes: spec.source.bytes });
}

/** A stream has no path that anybody would know it by. */
function nameOf({ source, spool, filename }: Checkable): string {
  return spool === null ? source.path : filename;
}

export function emitWarnings(result: CheckResult, { onEvent }: Pick<Listener, 'onEvent'>): CheckResult {
  const { path, warnings, warningCount } = result;
  for (const [index, issue] of warnings.entries()) {
    const isLast = index === warnings.length - 1;
    onEvent({ type: 'warning', path, issue, omitted: isLast ? warningCount - warnings.length : 0 });
  }
  return result;
}
