import {
  checkConnectionOptions,
  checkNames,
  checkPushOptions,
  checkTransferOptions,
} from './check-options.ts';
import { connectionFromEnvironment } from './connection-from-environment.ts';
import type { Dependencies } from './dependencies.ts';
import type { CheckResult } from './model/check.ts';
import type { CancelResult, PushPlan, UploadResult } from './model/upload.ts';
import type {
  CancelOptions,
  CheckOptions,
  ConnectionOptions,
  PushOptions,
  ResumeOptions,
} from './options.ts';

export { connectionFromEnvironment } from './connection-from-environment.ts';
export { type CheckResult, type Issue, type IssueCode, issueText } from './model/check.ts';
export { checkFailure } from './model/check-failure.ts';
export { isUploadError, UploadError, type UploadErrorCode, type UploadErrorFacts } from './model/errors.ts';
export type { OnEvent, Progress, UploadEvent } from './model/events.ts';
export type { CancelResult, FileObject, PushPlan, UploadResult } from './model/upload.ts';
export type {
  CancelOptions,
  CheckOptions,
  ConnectionOptions,
  PushOptions,
  ResumeOptions,
  TransferOptions,
} from './options.ts';
export { VERSION } from './version.ts';

/**
 * Uploads a file, or continues the unfinished upload of the same file.
 * @throws UploadError; tell them apart by `code`
 */
export async function push(path: string, options: PushOptions): Promise<UploadResult> {
  // From JavaScript it may be left out; that too is a matter of usage.
  checkPushOptions(options ?? {});
  return withDependencies(options, async (deps) => (await import('./push.ts')).push(path, options, deps));
}

/**
 * Looks at the file, as a push does first, and tells what a push would do. Needs no key, makes no request and changes nothing.
 * @throws UploadError as a push would before its first request
 */
export async function dryRun(path: string, options: PushOptions): Promise<PushPlan> {
  checkPushOptions(options ?? {});
  const [{ createLocalDependencies }, story] = await Promise.all([
    import('./dependencies.ts'),
    import('./dry-run.ts'),
  ]);
  return story.dryRun(path, options, createLocalDependencies(withEnvironment(options)));
}

/** Continues a saved upload; one that is complete gives its file again. @throws UploadError */
export async function resume(uploadId: string, options: ResumeOptions = {}): Promise<UploadResult> {
  checkTransferOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./resume.ts')).resume(uploadId, options, deps),
  );
}

/** Cancels an upload on the server and ends its session. @throws UploadError */
export async function cancel(uploadId: string, options: CancelOptions = {}): Promise<CancelResult> {
  checkConnectionOptions(options);
  return withDependencies(options, async (deps) =>
    (await import('./cancel.ts')).cancel(uploadId, options, deps),
  );
}

/**
 * Looks at a file by the rules of its purpose, without a key and without a request. What it finds is its result.
 * @throws UploadError when the file cannot be read, or could not be uploaded whatever its purpose
 */
export async function check(path: string, options: CheckOptions): Promise<CheckResult> {
  checkNames(options ?? {});
  return (await import('./check.ts')).check(path, options);
}

/** Loads the stories and what they need when they are called: most of the time of a short run goes into loading. */
async function withDependencies<T>(
  options: ConnectionOptions,
  action: (deps: Dependencies) => Promise<T>,
): Promise<T> {
  const { createDependencies } = await import('./dependencies.ts');
  const deps = createDependencies(withEnvironment(options));
  try {
    return await action(deps);
  } finally {
    await deps.close();
  }
}

/** What is there but undefined was not given: it must not hide what the environment says. */
function withEnvironment(options: ConnectionOptions): ConnectionOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...connectionFromEnvironment(process.env), ...Object.fromEntries(given) };
}
