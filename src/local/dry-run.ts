import { resolve } from 'node:path';
import { checkFailure } from '../model/check-failure.ts';
import type { PushPlan } from '../model/upload.ts';
import { openData } from '../options/data.ts';
import type { Data, PushOptions } from '../options/options.ts';
import { STREAM_PATH, toCallerError } from '../upload/caller-error.ts';
import { peekResumable } from '../upload/find-resumable.ts';
import { checkStream, passCheck } from '../upload/preflight-gate.ts';
import { resolveSpec, specFor } from '../upload/upload-spec.ts';
import type { LocalDependencies } from './local-dependencies.ts';
import { planPush } from './plan-push.ts';

/** Does what a push does before its first request. @throws UploadError */
export async function dryRun(
  path: string,
  options: PushOptions,
  local: LocalDependencies,
): Promise<PushPlan> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const deps = { ...local, sessions: local.records, signal, onEvent };

  try {
    const spec = await resolveSpec(path, options);
    if (options.check !== false) await passCheck(spec, deps);
    const unfinished = options.resume === false ? undefined : await peekResumable(spec, deps);
    return planPush(spec, unfinished, unfinished && (await local.records.owner(unfinished.uploadId)));
  } catch (error) {
    throw toCallerError(error, signal, { path: resolve(path) });
  }
}

/**
 * Plans a push of data, which is read to its end but not kept. The push would be a new upload.
 * @throws UploadError
 */
export async function dryRunData(
  data: Data,
  filename: string,
  options: PushOptions,
  { clock, connection }: Pick<LocalDependencies, 'clock' | 'connection'>,
): Promise<PushPlan> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const { stream, bytes: expectedBytes } = openData(data, options.bytes);
  // An unknown purpose has no rules, so nothing is checked.
  const purpose = options.check === false ? '' : options.purpose;

  try {
    const checked = await checkStream(
      stream,
      { filename, purpose, expectedBytes },
      { signal, onEvent, clock, connection },
    );
    const failure = checkFailure(checked);
    if (failure) throw failure.with({ facts: { path: STREAM_PATH } });
    const source = { path: STREAM_PATH, bytes: checked.bytes, modifiedNs: '', changedNs: '', inode: '' };
    return planPush(
      await specFor({ source, spool: null, cutFrom: null }, { ...options, filename }),
      undefined,
    );
  } catch (error) {
    throw toCallerError(error, signal, { path: STREAM_PATH });
  }
}
