import { basename, resolve } from 'node:path';
import { systemClock } from '../model/clock.ts';
import type { CheckResult } from '../model/issue.ts';
import { openData } from '../options/data.ts';
import { withLocalEnvironment } from '../options/environment.ts';
import type { CheckOptions, Data } from '../options/options.ts';
import { STREAM_PATH, toCallerError } from '../upload/caller-error.ts';
import { checkSource, checkStream } from '../upload/preflight-gate.ts';
import { inspectSource } from '../upload/upload-spec.ts';

/**
 * Runs only the preflight. Its findings are the result, not an error.
 * @throws UploadError when the file does not exist, is empty or cannot be read, or when the check
 * is stopped
 */
export async function check(path: string, options: CheckOptions): Promise<CheckResult> {
  const { purpose, signal, onEvent, connection } = withListener(options);
  try {
    const source = await inspectSource(path);
    const filename = options.filename ?? basename(source.path);
    const subject = { source, spool: null, cutFrom: null, filename, purpose };
    return await checkSource(subject, { signal, onEvent, clock: systemClock, connection });
  } catch (error) {
    throw toCallerError(error, signal, { path: resolve(path) });
  }
}

/** Checks data, which is read but not kept. @throws UploadError */
export async function checkData(
  data: Data,
  filename: string,
  options: CheckOptions & { readonly bytes?: number },
): Promise<CheckResult> {
  const { purpose, signal, onEvent, connection, bytes } = withListener(options);
  const { stream, bytes: expectedBytes } = openData(data, bytes);
  const subject = { filename, purpose, expectedBytes };

  try {
    const result = await checkStream(stream, subject, { signal, onEvent, clock: systemClock, connection });
    return { ...result, path: STREAM_PATH };
  } catch (error) {
    throw toCallerError(error, signal, { path: STREAM_PATH });
  }
}

function withListener<Options extends Omit<CheckOptions, 'purpose'>>(options: Options) {
  const { signal = new AbortController().signal, onEvent = () => undefined, baseUrl } = options;
  const connection = { baseUrl: baseUrl ?? withLocalEnvironment({}).baseUrl ?? '' };
  return { ...options, signal, onEvent, connection };
}
