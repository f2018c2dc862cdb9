import { isConnectionCut } from '../api/network-errors.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { type Hint, hint, option } from '../model/hint.ts';
import { MIN_HALVED_BYTES } from '../plan/part-cutter.ts';
import {
  DEFAULT_MAX_PART_BYTES,
  DEFAULT_MIN_PART_BYTES,
  LARGE_MIN_PART_BYTES,
  MAX_PARTS,
  totalLength,
} from '../plan/ranges.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import type { UploadContext } from './context.ts';
import { judgeUnknown } from './read-session.ts';

/** Statuses with reasons of their own: the key, the time, or where the request went. */
const OTHER_REASONS: ReadonlySet<number> = new Set([401, 403, 404, 408, 410, 429]);

/**
 * Some servers count a part twice when it is sent again after a lost response, and then refuse the
 * excess. Their statuses and words differ, so only known facts count: whether a response was lost
 * before, or whether the server counts more bytes at *complete* than our parts have.
 * @returns the error to throw, with `mayCountTwice` when a repeated part may be the reason
 */
export function judgeRefusal(error: unknown, session: SessionHandle, attempt: Attempt): unknown {
  if (!isUploadError(error) || !isRefusal(error, attempt)) return error;
  if (!session.mayHoldMore && !isMiscounted(error, session)) return error;
  // Another run may have completed the upload, so its file is searched for first.
  if (error.code === 'upload_closed') return error.with({ facts: { mayCountTwice: true } });
  return countedTwice(error);
}

/**
 * Our parts make up the file, but the server counts more bytes. A proxy may have repeated a part.
 */
function isMiscounted({ facts }: UploadError, { record }: SessionHandle): boolean {
  const { bytes } = record.source;
  return totalLength(record.parts) === bytes && (facts.countedBytes ?? 0) > bytes;
}

const COUNTED_HINT = 'The server may count a part twice that has reached it twice: push the file again.';

/** Makes the error for an upload that is useless because it may hold a part twice. */
export function countedTwice(
  { message, code, facts }: UploadError,
  hint: string | Hint = COUNTED_HINT,
): UploadError {
  const kind = code === 'integrity' ? code : 'request_refused';
  return new UploadError(kind, { message, hint }, { ...facts, isFinal: true, mayCountTwice: true });
}

function isRefusal({ code, isRetryable, facts }: UploadError, { attempt, retries }: Attempt): boolean {
  const { httpStatus = 0, needsOption = false } = facts;
  if (code === 'upload_expired' || code === 'upload_cancelled') return false;
  if (httpStatus < 400 || httpStatus >= 500 || OTHER_REASONS.has(httpStatus) || needsOption) return false;
  // A conflict may be over in a moment. Anything else is retried only when the server says so.
  return httpStatus === 409 ? attempt > Math.min(1, retries) : !isRetryable;
}

/**
 * Whether the server itself has said that it did not take a part. A 408 or 5xx leaves this open: a
 * gateway sends it for a server that has not responded, and a server may fail after it has the
 * part. A server that sends 503 and asks to come back later, however, has not begun.
 */
export function isTurnedDown(error: unknown): boolean {
  if (!isUploadError(error)) return false;
  const { httpStatus = 0, retryAfterMs } = error.facts;
  const isRefused = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408;
  return isRefused || (httpStatus === 503 && retryAfterMs !== undefined);
}

/**
 * Like `judgeRefusal`, for a part. A part that is too large for the server, or for a proxy before
 * it, is refused with 413. Servers that take only so many parts or bytes also refuse one too many
 * with 413, but have taken a part of that size before; then a part that may have been counted twice
 * is the likelier reason. When no other part size has a chance, the server means the file.
 */
export function judgePartRefusal(error: unknown, session: SessionHandle, part: PartAttempt): unknown {
  const { partBytes, minPartBytes, parts } = session.record;
  const wasTaken = parts.some(({ length }) => length >= part.length);
  const isCut = isUploadError(error) && isConnectionCut(error) && part.hasBegun;
  if (isCut && partBytes !== null && !wasTaken) return suspectSize(error, session.record, part.length);
  if (!isUploadError(error) || error.facts.httpStatus !== 413)
    return judgeRefusal(judgeUnknown(error, session.record), session, part);

  if (!wasTaken && partBytes === null && part.length > minPartBytes)
    return error.with({ facts: { wantsSmallerParts: true } });

  const advice = wasTaken ? fewerParts(session.record) : smallerParts(session.record, part.length);
  const hint = advice ?? error.hintParts;
  if (session.mayHoldMore) return countedTwice(error, wasTaken ? COUNTED_HINT : hint);
  return error.with({ hint, facts: { needsOption: true, ...(!advice && { canStartOver: false }) } });
}

interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** How many attempts may follow the first. */
  readonly retries: number;
}

interface PartAttempt extends Attempt {
  /** In bytes. */
  readonly length: number;
  /** Whether any of it may have reached the server. */
  readonly hasBegun: boolean;
}

/** Some servers only close on what is too long for them, and a fixed size is never cut smaller. */
function suspectSize(error: UploadError, record: SessionRecord, length: number): UploadError {
  const advice = smallerParts(record, length);
  return advice === undefined ? error : error.with({ hint: hint`${error.hintParts} ${advice}` });
}

const AGAIN = hint`push again with ${option('resume', false)} and`;

/** The sizes to suggest, which save the user from halving a size again and again. */
const SMALLER_BYTES = [DEFAULT_MIN_PART_BYTES, MIN_HALVED_BYTES];

/** Returns undefined when smaller parts have no chance. */
function smallerParts({ partBytes, source }: SessionRecord, length: number): Hint | undefined {
  const leastBytes = Math.ceil(source.bytes / MAX_PARTS);
  const bytes = SMALLER_BYTES.find((size) => size < length && size >= leastBytes);
  if (bytes === undefined) return undefined;

  const smaller = option(partBytes === null ? 'minPartBytes' : 'partBytes', bytes);
  return hint`The server, or a proxy before it, may take no parts of this size: ${AGAIN} smaller parts, such as ${smaller}. If it refuses those as well, it takes no file of this size.`;
}

/**
 * Returns undefined when fewer parts have no chance. A part with all the bytes taken so far is the
 * largest that cannot be too large.
 */
function fewerParts({ parts, source }: SessionRecord): Hint | undefined {
  const takenBytes = totalLength(parts);
  const bytes = Math.min(takenBytes, DEFAULT_MAX_PART_BYTES);
  if (Math.ceil(source.bytes / bytes) > parts.length) return undefined;

  const said = `The server has taken ${parts.length} parts of ${takenBytes} bytes, so it wants fewer bytes or fewer parts`;
  return hint`${said}: if it is parts, ${AGAIN} larger ones, such as ${option('partBytes', bytes)}.`;
}

/**
 * Whether *complete* may have made a file in spite of this error. A refusal rules it out. A lost
 * response or a fault of the server leaves it open.
 */
export function mayHaveCompleted(error: unknown): boolean {
  if (!isUploadError(error)) return true;
  if (error.code === 'request_refused') return lacksFile(error);
  return ['upload_closed', 'network', 'stalled', 'server_error'].includes(error.code);
}

/** Whether a success named no file, which is not a refusal. */
export function lacksFile({ code, facts }: UploadError): boolean {
  return code === 'request_refused' && facts.httpStatus === undefined;
}

export interface StartingOver {
  readonly reason: string;
  readonly sizes?: { readonly minPartBytes: number };
}

/**
 * Returns why a new upload has a chance where this one has none, or undefined if it has none
 * either.
 */
export function reasonToStartOver(
  { record }: SessionHandle,
  error: unknown,
  { hasStartedOver }: UploadContext,
): StartingOver | undefined {
  if (!isUploadError(error)) return undefined;
  const { wantsLargerParts, mayCountTwice, isFinal } = error.facts;
  if (mayCountTwice && isFinal && !hasStartedOver)
    return { reason: `a part may have arrived twice, and the server may count both (${error.message})` };

  // Only parts that were sized by the speed of the link can be cut differently.
  if (!wantsLargerParts || record.partBytes !== null || record.minPartBytes >= LARGE_MIN_PART_BYTES)
    return undefined;
  const sizes = { minPartBytes: LARGE_MIN_PART_BYTES };
  return { reason: 'the server takes no parts as small as these', sizes };
}
