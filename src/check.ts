import { basename, resolve } from 'node:path';
import type { CheckResult } from './model/check.ts';
import type { CheckOptions } from './options.ts';
import { checkSource } from './steps/check-source.ts';
import { explain } from './steps/explain.ts';
import { inspectSource } from './steps/inspect-source.ts';
import { systemClock } from './system-clock.ts';

/**
 * The preflight alone. What it finds is its result, not a failure.
 * @throws UploadError when there is no such file, when it is empty or cannot be read, or when it is stopped
 */
export async function check(path: string, options: CheckOptions): Promise<CheckResult> {
  const { purpose, signal = new AbortController().signal, onEvent = () => undefined } = options;
  try {
    const source = await inspectSource(path);
    const filename = options.filename ?? basename(source.path);
    const subject = { source, spool: null, filename, purpose };
    return await checkSource(subject, { signal, onEvent, clock: systemClock });
  } catch (error) {
    throw explain(error, signal, { path: resolve(path) });
  }
}
