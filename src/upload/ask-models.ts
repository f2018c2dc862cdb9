import type { ModelList } from '../api/parse-responses.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { CheckResult, Issue } from '../model/issue.ts';
import { formatDate, hasCome, shutdownDateOf } from '../preflight/calendar.ts';
import { quote } from '../preflight/describe-value.ts';
import { watchForResponse } from '../transfer/stall-watch.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { checkSpec, emitWarnings, termsOf } from './preflight-gate.ts';
import type { UploadSpec } from './upload-spec.ts';

/** The watch waits four times as long for an answer. This one is a help, and not worth more. */
const STALL_MS = 2500;

/** What a server has answered, by its connection: it is asked once, however many files there are. */
const answers = new WeakMap<Dependencies['connection'], Promise<ModelList | UploadError>>();

/**
 * Checks a file, and asks for the models that it names.
 * @throws as `checkSpec`; UploadError `network` when nothing is to be tried twice
 */
export async function checkOnline(
  spec: UploadSpec,
  { deps, policy }: Pick<UploadContext, 'deps' | 'policy'>,
): Promise<UploadSpec> {
  const onFailure = (failure: UploadError) => {
    // It was the first attempt to reach the server.
    if (failure.code === 'network' && policy.retries === 0) throw failure;
    return [];
  };
  return await checkSpec(spec, { ...deps, onPassed: (result) => askModels(result, deps, onFailure) });
}

/**
 * Adds to a check what the server says of the models of a batch: that it does not know them, or
 * shuts them down. Azure is not asked, because a batch names deployments there.
 * @param onFailure what to say when the server gives no answer
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

/** A server without this list is as good as another, so a push goes on. */
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
  // The check has told the dates that it knows.
  if (date === undefined || date === shutdownDateOf(model)) return [];
  const verb = hasCome(date, nowMs) ? 'was' : 'is';
  const message = `the server says that the model ${quote(model)} ${verb} to be shut down on ${formatDate(date)}`;
  return [{ severity: 'warning', code: 'shutdown', message }];
}
