import { cut } from '../api/error-object.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { callApi, type UploadContext } from './context.ts';

/**
 * The statuses of OpenAI and Azure for a file in progress. Any other status is final, and so is
 * none.
 */
const IN_PROGRESS: ReadonlySet<unknown> = new Set([
  'pending',
  'notRunning',
  'running',
  'processing',
  'in_progress',
]);

/**
 * Purposes whose files the server reads line by line, so `uploaded` is not their last status. For
 * other purposes, it may be the last.
 */
const READ_BY_LINE: ReadonlySet<string> = new Set(['batch', 'fine-tune']);

/** The wait between two requests grows to the interval of the official SDKs. */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 5_000;

/** The server may take a moment to know a new file, but not this long. */
const UNKNOWN_MS = 60_000;

/** The official SDKs wait this long for a file. */
const MAX_WAIT_MS = 30 * 60_000;

/** How much of the server's message to repeat. */
const SHOWN_CHARACTERS = 300;

/**
 * With the option `wait`, asks for a file until the server knows it and no longer works on it, for
 * half an hour at most.
 * @returns the file as the server describes it then
 * @throws UploadError `request_refused` when the server says that the file is in error, or does not
 * know it for a minute; `server_error` when it is still working on it after half an hour; errors of
 * the request; the signal's reason
 */
export async function waitIfAsked(
  file: FileObject,
  purpose: string,
  context: UploadContext,
): Promise<FileObject> {
  if (!context.waits) return file;

  const { clock, signal, onEvent } = context.deps;
  // The wait may be long, so another upload can take this place in the pool.
  context.slot.release();
  onEvent({ type: 'phase', phase: 'processing' });

  const since = clock.monotonic();
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
    const now = await askFor(file.id, context).catch((error: unknown) => {
      if (!isUnknown(error) || clock.monotonic() - since > UNKNOWN_MS) throw error;
      return undefined;
    });
    if (now?.status === 'error' || now?.status === 'deleted') throw inError(now);
    if (now !== undefined && !isInProgress(now, purpose)) return now;
    if (now !== undefined && clock.monotonic() - since > MAX_WAIT_MS) throw unfinished(now);

    await clock.sleep(delayMs, signal);
  }
}

function isInProgress({ status }: FileObject, purpose: string): boolean {
  return IN_PROGRESS.has(status) || (status === 'uploaded' && READ_BY_LINE.has(purpose));
}

/** Asks for a file that should exist. @throws UploadError of the request */
export function askFor(id: string, context: UploadContext): Promise<FileObject> {
  const call = { what: 'file', action: `asking for the file ${id}` };
  return callApi(context, call, (options) => context.deps.api.getFile(id, options));
}

/** Whether the server says that it does not have the file. */
export function isUnknown(error: unknown): boolean {
  const status = isUploadError(error) ? error.facts.httpStatus : undefined;
  return status === 404 || status === 410;
}

function inError({ id, status, status_details: details }: FileObject): UploadError {
  const why = typeof details === 'string' && details !== '' ? `: ${cut(details, SHOWN_CHARACTERS)}` : '';
  const message = `the server has ${id}, but says that its status is ${status}${why}`;
  const hint = 'Fix what the server objects to, and push the file again.';
  return new UploadError('request_refused', { message, hint }, { isFinal: true });
}

function unfinished({ id, status }: FileObject): UploadError {
  const minutes = MAX_WAIT_MS / 60_000;
  const message = `the server has ${id}, but after ${minutes} minutes its status is still ${status}`;
  return new UploadError('server_error', {
    message,
    hint: `You can use ${id} all the same, or keep waiting.`,
  });
}
