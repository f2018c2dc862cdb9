import type { FileHandle } from 'node:fs/promises';
import type { CheckResult } from '../model/check.ts';
import { checkFailure } from '../model/check-failure.ts';
import type { Clock } from '../model/clock.ts';
import type { OnEvent } from '../model/events.ts';
import { type Preflight, startPreflight } from '../preflight/start-preflight.ts';
import { openFile, type SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { explainSpool } from './shown-path.ts';
import type { Wish } from './wish.ts';

/** What of a wish the preflight looks at. */
export type Checkable = Pick<Wish, 'source' | 'spool' | 'filename' | 'purpose'>;

interface Listener {
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Looks at a file by the rules of its purpose, and reads it to its end when there are rules about what is in it. Tells the
 * warnings as events.
 * @throws UploadError `source_unreadable`, or `source_changed` when it becomes shorter meanwhile; the signal's reason
 */
export async function checkSource(wish: Checkable, listener: Listener): Promise<CheckResult> {
  const { source, spool, filename, purpose } = wish;
  const { bytes } = source;
  // A stream has no path that anybody would know it by.
  const path = spool === null ? source.path : filename;
  const preflight = startPreflight({ path, bytes, filename, purpose });
  if (preflight.reader !== undefined) {
    listener.onEvent({ type: 'phase', phase: 'checking', path, bytes });
    const file = await openFile(source.path);
    try {
      await readAll(file, source, preflight.reader, listener);
    } finally {
      await file.close();
    }
  }
  return tellWarnings(preflight.result(), listener.onEvent);
}

/** @throws as `checkSource`, and UploadError `check_failed` */
export async function passCheck(wish: Checkable, listener: Listener): Promise<void> {
  try {
    const failure = checkFailure(await checkSource(wish, listener));
    if (failure) throw failure;
  } catch (error) {
    throw explainSpool(error, wish);
  }
}

async function readAll(
  file: FileHandle,
  { path, bytes }: SourceFile,
  reader: NonNullable<Preflight['reader']>,
  { signal, clock }: Listener,
): Promise<void> {
  const range = { index: 0, offset: 0, length: bytes };
  for await (const chunk of readRange(file, range, { path, clock })) {
    signal.throwIfAborted();
    reader.read(chunk);
  }
  reader.end();
}

function tellWarnings(result: CheckResult, onEvent: OnEvent): CheckResult {
  const { path, warnings, warningCount } = result;
  for (const [index, issue] of warnings.entries()) {
    const isLast = index === warnings.length - 1;
    onEvent({ type: 'warning', path, issue, untold: isLast ? warningCount - warnings.length : 0 });
  }
  return result;
}
