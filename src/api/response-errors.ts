import { UploadError, type UploadErrorFacts } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { Connection } from './connection.ts';
import { cut, type ErrorObject, errorObject, summary, withoutFileNames } from './error-object.ts';
import { type Headers, retryAfterMs } from './headers.ts';
import { requestIdOf } from './parse-responses.ts';
import {
  isOfCompletion,
  isUnknownField,
  matchServerQuirk,
  type Refusal,
  type Subject,
  type Verdict,
} from './server-quirks.ts';

/** A response that is not a success, with its body as text. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The account is out of credit, or over a limit set for it. Waiting does not help. */
const QUOTA_CODES = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
]);

/** How much of the server's message to repeat: enough for a reason, but not a page. */
const SHOWN_CHARACTERS = 300;
const CODE_CHARACTERS = 100;

/** Servers disagree on the status for a closed upload. These have been seen. */
const CLOSED_STATUSES = new Set([400, 404, 409, 410]);

/**
 * Turns a refusal into an error that says whether to try again, and what to do. `action` is what
 * was asked for, such as "completing the upload". `target` is what the request names: an upload, the
 * completion of one, or nothing that exists yet. `auth` is how the key was sent.
 */
export function errorFromResponse(
  response: RefusedAnswer,
  request: {
    readonly action: string;
    readonly target?: Subject | undefined;
    readonly nowMs: number;
    readonly auth?: Connection['auth'];
  },
): UploadError {
  const body = errorObject(response.text);
  const words = cut(body.message || body.gatewayMessage || summary(response.text), SHOWN_CHARACTERS);
  const apiCode = body.code ?? body.type;
  const said = withoutFileNames(body.message ?? '');
  const verdict = judge({ ...request, status: response.status, body, said });
  const requestId = requestIdOf(response.headers);
  const wait = retryAfterMs(response.headers, request.nowMs);

  const facts: UploadErrorFacts = {
    httpStatus: response.status,
    ...(verdict.isFinal && { isFinal: true }),
    ...(verdict.needsOption && { needsOption: true }),
    ...(verdict.wantsLargerParts && { wantsLargerParts: true }),
    ...(verdict.countedBytes !== undefined && { countedBytes: verdict.countedBytes }),
    isOverload: verdict.code === 'rate_limited' || response.status === 503,
    ...(requestId !== null && { requestId }),
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...(apiCode && { apiCode: cut(apiCode, CODE_CHARACTERS) }),
  };

  const named = requestId === null ? '' : `, request ${requestId}`;
  const message = `${request.action} failed: ${words} (HTTP ${response.status}${named})`;
  const override = response.headers['x-should-retry'];
  const isRetryable = override === 'true' || (override !== 'false' && verdict.isRetryable === true);

  return new UploadError(verdict.code, { message, hint: verdict.hint, isRetryable }, facts);
}

function judge(refusal: Refusal): Verdict {
  const { status, body, said, target, auth } = refusal;
  const quirk = matchServerQuirk(refusal);
  if (quirk) return quirk;

  if (status === 401) return { code: 'authentication', hint: hint`Check ${option('apiKey')}.` };
  if (status === 403)
    return { code: 'authentication', hint: 'Check what the key, its project and its organization may do.' };
  if (status === 429) return judgeTooMany(body);

  const mismatch = isOfCompletion(refusal) ? judgeMismatch(refusal) : undefined;
  if (mismatch) return mismatch;

  const closed = target && CLOSED_STATUSES.has(status) ? judgeClosed(status, said) : undefined;
  if (closed) return closed;

  if (status === 408 || status === 409 || status >= 500)
    return { code: 'server_error', hint: 'Wait a moment.', isRetryable: true };

  if (status >= 300 && status < 400) {
    return {
      code: 'request_refused',
      hint: 'Redirects are not followed, so that the key goes nowhere else. Check the base URL.',
    };
  }

  if (status === 404) return { code: 'request_refused', hint: auth === 'api-key' ? AZURE_HINT : URL_HINT };

  return { code: 'request_refused', hint: REFUSED_HINT };
}

const REFUSED_HINT = 'The same request would be refused again. Fix what the server objects to first.';

const URL_HINT = 'Check the base URL: it usually ends in /v1.';
const AZURE_HINT = "Check the base URL: Azure's ends in /openai?api-version=2024-10-21, or in /openai/v1.";

function judgeTooMany({ code, type }: ErrorObject): Verdict {
  if (QUOTA_CODES.has(code ?? '') || QUOTA_CODES.has(type ?? '')) {
    return { code: 'quota', hint: 'Check the billing and limits of the account.' };
  }
  return { code: 'rate_limited', hint: 'Wait a moment.', isRetryable: true };
}

const UNKNOWN_HINT =
  'The server does not know this upload, or not for this key. Check the key, or push the file again.';

/**
 * No documentation settles the status for a closed upload, so the server's words decide. Only words
 * about the upload count: a gateway's page that says something has expired must not end a session.
 */
function judgeClosed(status: number, said: string): Verdict | undefined {
  const hint = 'Push the file again.';
  if (!/\bupload(?![a-z])|\bstatus\b|\bparts?\b|\bgone\b/i.test(said)) return undefined;
  // This comes first, because "cannot be cancelled, it is already completed" mentions both.
  if (/\b(already|been|is|status\W+) ?completed?\b/i.test(said))
    return { code: 'upload_closed', hint: 'Resume it to get its file.' };
  if (/\bexpired\b/i.test(said)) return { code: 'upload_expired', hint, isFinal: true };
  if (/\bcancell?ed\b/i.test(said)) return { code: 'upload_cancelled', hint, isFinal: true };
  // The upload may be gone, or only hidden from this key. A run with the right key would find it.
  if (status === 404 || status === 410) return { code: 'upload_expired', hint: UNKNOWN_HINT };

  return undefined;
}

/** Recognizes a server that does not have the promised bytes. */
function judgeMismatch(refusal: Refusal): Verdict | undefined {
  const { said } = refusal;
  const isOfDigest = /md5|checksum/i.test(said);
  const isOfCount = /\bbytes\b/i.test(said) && /\b(parts?|upload(ed)?)\b/i.test(said);
  if (isUnknownField(refusal) || (!isOfDigest && !isOfCount)) return undefined;

  const hint = 'The server does not have the right bytes. Push the file again.';
  const numbers = isOfDigest ? [] : (said.match(/\b\d+\b/g) ?? []).map(Number);
  return { code: 'integrity', hint, countedBytes: Math.max(0, ...numbers) };
}
