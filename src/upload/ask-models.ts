import type { ModelList } from '../api/parse-responses.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { CheckResult, Issue } from '../model/issue.ts';
import { formatDate, hasCome, shutdownDateOf } from '../preflight/calendar.ts';
import { quote } from '../preflight/issues.ts';
import { watchForResponse } from '../transfer/time-limits.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { checkSpec, emitWarnings, termsOf } from './preflight-gate.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * The watch waits four times as long for a response. This check only helps, and is not worth more.
 */
const STALL_MS = 2500;

/** The model lists by connection. A server is asked only once, however many files there are. */
const answers = new WeakMap<Dependencies['connection'], Promise<ModelList | UploadError>>();

/**
 * Checks a file, and asks the server about the models that it names.
 * @throws as `checkSpec`; UploadError `network` when no retries are allowed
 */
export async function checkOnline(
  spec: UploadSpec,
  { deps, policy }: Pick<UploadContext, 'deps' | 'policy'>,
): Promise<UploadSpec> {
  const onFailure = (failure: UploadError) => {
    // This was the first attempt to reach the server.
    if (failure.code === 'network' && policy.retries === 0) throw failure;
    return [];
  };
  return await checkSpec(spec, { ...deps, onPassed: (result) => askModels(result, deps, onFailure) });
}

/**
 * Adds what the server says about the models of a batch: that it does not know them, or that it
 * shuts them down. Azure is not asked, because its batches name deployments.
 * @param onFailure returns the issues to report when the server gives no list
 * @throws the signal's reason
 */
export async function askModels(
  result: Pick<CheckResult, 'path' | 'models'>,
  deps: Dependencies,
  onFailure: (failure: UploadError) => readonly Issue[] = () => [],
): Promise<readonly Issue[]> {
  const { models = [], path } = result;
  const { isAzure, nowMs } = termsOf(deps);
  if (models.length === 0 || isAzure) return [];

  const asked = answers.get(deps.connection) ?? listModels(deps);
  answers.set(deps.connection, asked);
  const answer = await asked;
  deps.signal.throwIfAborted();

  const issues = isUploadError(answer)
    ? onFailure(answer)
    : models.flatMap((model) => issuesOf(model, answer, nowMs));
  emitWarnings({ path, warnings: issues, warningCount: issues.length }, deps);
  return issues;
}

/** Returns an UploadError instead of throwing it, because a push can go on without this list. */
async function listModels({ api, clock, signal }: Dependencies): Promise<ModelList | UploadError> {
  const action = 'asking for the models';
  try {
    return await watchForResponse({ clock, stallMs: STALL_MS, action, signal }, (stop) =>
      api.listModels({ signal: stop, stop, attempt: 1 }),
    );
  } catch (error) {
    if (isUploadError(error)) return error;
    if (signal.aborted) return new UploadError('interrupted', { message: `${action} was stopped` });
    throw error;
  }
}

function issuesOf(model: string, list: ModelList, nowMs: number): readonly Issue[] {
  if (!list.has(model)) {
    const message = `the server does not list the model ${quote(model)} for this key`;
    return [{ severity: 'warning', code: 'unknown_model', message }];
  }

  const date = list.get(model);
  // The check has already warned about the dates that it knows.
  if (date === undefined || date === shutdownDateOf(model)) return [];
  const verb = hasCome(date, nowMs) ? 'was' : 'is';
  const message = `the server says that the model ${quote(model)} ${verb} to be shut down on ${formatDate(date)}`;
  return [{ severity: 'warning', code: 'shutdown', message }];
}
