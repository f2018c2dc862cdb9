import type { FileHandle } from 'node:fs/promises';
import { isAzure } from '../api/connection.ts';
import { checkFailure } from '../model/check-failure.ts';
import type { Clock } from '../model/clock.ts';
import type { OnEvent } from '../model/events.ts';
import type { CheckResult, Issue } from '../model/issue.ts';
import { MAX_FILE_BYTES } from '../preflight/check-file.ts';
import type { Terms } from '../preflight/request-rules.ts';
import { type Preflight, startPreflight } from '../preflight/start-preflight.ts';
import { openFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { readStream } from '../source/read-stream.ts';
import { describeSpoolError } from './caller-error.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * Larger files are checked while they are sent. Reading a gigabyte takes about four seconds, and
 * sending it over a minute at 100 Mbit/s, so up to this size it is worth waiting: an invalid file
 * then costs no request. Only files for fine-tuning are both larger and have rules for their
 * content.
 */
const READ_FIRST_BYTES = 1_000_000_000;

/**
 * Checks a file before its upload, except for the content of a large file.
 * @returns the spec, whose `check` says what is left to do
 * @throws UploadError `check_failed`, and those of `checkSource`
 */
export async function checkSpec(
  spec: UploadSpec,
  listener: Listener & { readonly onPassed?: (result: CheckResult) => unknown },
): Promise<UploadSpec> {
  const preflight = preflightOf(spec, listener);
  if (preflight.reader === undefined || spec.source.bytes <= READ_FIRST_BYTES) {
    const result = await passCheck(spec, listener);
    await listener.onPassed?.(result);
    return { ...spec, check: 'passed' };
  }
  const failure = checkFailure(preflight.result());
  if (failure) throw describeSpoolError(failure, spec);
  return { ...spec, check: 'due' };
}

/** The fields of an UploadSpec that the preflight needs. */
export type Checkable = Pick<UploadSpec, 'source' | 'spool' | 'cutFrom' | 'filename' | 'purpose'>;

export interface Listener {
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  /** Where the file will be uploaded. */
  readonly connection: { readonly baseUrl: string };
}

/** Returns what the preflight needs to know about the server and the time. */
export function termsOf({ clock, connection }: Pick<Listener, 'clock' | 'connection'>): Terms {
  const { baseUrl } = connection;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  // Behind a gateway with a host name of its own, only the version in the query reveals Azure.
  const speaksAzure = url !== undefined && (isAzure(baseUrl) || url.searchParams.has('api-version'));
  return { isAzure: speaksAzure, nowMs: clock.now() };
}

/**
 * Checks a file by the rules of its purpose, and reads all of it when there are rules for its
 * content. Emits the warnings as events.
 * @throws UploadError `source_unreadable`, or `source_changed` when it becomes shorter during the
 * check; the signal's reason
 */
export async function checkSource(spec: Checkable, listener: Listener): Promise<CheckResult> {
  const preflight = preflightOf(spec, listener);
  if (preflight.reader === undefined) return emitWarnings(preflight.result(), listener);
  emitChecking(spec, listener);
  const file = await openFile(spec.source.path);
  try {
    return await checkOpenFile(file, spec, listener);
  } finally {
    await file.close();
  }
}

/**
 * Like `checkSource`, for an open file. `onError` is called when there are errors, and the reading
 * continues.
 */
export async function checkOpenFile(
  file: FileHandle,
  spec: Checkable,
  listener: Listener & { readonly onError?: () => void },
): Promise<CheckResult> {
  const { signal, clock, onError } = listener;
  const { path, bytes } = spec.source;
  const preflight = preflightOf(spec, listener);
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

/** The name and purpose of a stream. With an empty purpose, its bytes are only counted. */
export interface StreamSubject {
  readonly filename: string;
  readonly purpose: string;
  readonly expectedBytes?: number | undefined;
}

/**
 * Reads a stream to its end and checks it by the rules of its purpose, without keeping any of it.
 * The path in the result is the name of the stream.
 * @throws UploadError as `readStream`; the signal's reason
 */
export async function checkStream(
  stream: AsyncIterable<Uint8Array>,
  subject: StreamSubject,
  listener: Listener,
): Promise<CheckResult> {
  const { filename, purpose, expectedBytes } = subject;
  const { signal, onEvent } = listener;
  const looked = { path: filename, filename, purpose };
  // The size is known only at the end, but the rules for the content do not depend on it.
  const terms = termsOf(listener);
  const preflight = startPreflight({ ...looked, bytes: 0 }, terms);
  let bytes = 0;

  onEvent({ type: 'spooling', filename, bytes });
  const reading = { filename, maxBytes: MAX_FILE_BYTES, expectedBytes, signal };

  for await (const chunk of readStream(stream, reading)) {
    preflight.reader?.read(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    bytes += chunk.byteLength;
    onEvent({ type: 'spooling', filename, bytes });
  }

  preflight.reader?.end();
  const ofSize = startPreflight({ ...looked, bytes }, terms).result();
  const isTooLarge = ({ code }: Issue) => code === 'too_large';
  const [errors, warnings] = [ofSize.errors.filter(isTooLarge), ofSize.warnings.filter(isTooLarge)];
  const found = preflight.result();

  return emitWarnings(
    {
      ...found,
      bytes,
      errors: [...errors, ...found.errors],
      errorCount: errors.length + found.errorCount,
      warnings: [...warnings, ...found.warnings],
      warningCount: warnings.length + found.warningCount,
    },
    listener,
  );
}

/** Fails when the file has errors. @throws as `checkSource`, and UploadError `check_failed` */
export async function passCheck(spec: Checkable, listener: Listener): Promise<CheckResult> {
  try {
    const result = await checkSource(spec, listener);
    const failure = checkFailure(result);
    if (failure) throw failure;
    return result;
  } catch (error) {
    throw describeSpoolError(error, spec);
  }
}

/** Starts a preflight that has not read anything yet. */
function preflightOf(spec: Checkable, listener: Pick<Listener, 'clock' | 'connection'>): Preflight {
  const { source, filename, purpose } = spec;
  return startPreflight({ path: nameOf(spec), bytes: source.bytes, filename, purpose }, termsOf(listener));
}

export function emitChecking(spec: Checkable, { onEvent }: Pick<Listener, 'onEvent'>): void {
  onEvent({ type: 'phase', phase: 'checking', path: nameOf(spec), bytes: spec.source.bytes });
}

/** Uses the filename for a stream, because the path of its spool would mean nothing to the user. */
function nameOf({ source, spool, filename }: Checkable): string {
  return spool === null ? source.path : filename;
}

export function emitWarnings<Result extends Pick<CheckResult, 'path' | 'warnings' | 'warningCount'>>(
  result: Result,
  { onEvent }: Pick<Listener, 'onEvent'>,
): Result {
  const { path, warnings, warningCount } = result;
  for (const [index, issue] of warnings.entries()) {
    const isLast = index === warnings.length - 1;
    onEvent({ type: 'warning', path, issue, omitted: isLast ? warningCount - warnings.length : 0 });
  }
  return result;
}
