import type { UploadErrorCode } from '../model/errors.ts';
import { type Hint, hint, option } from '../model/hint.ts';
import type { Connection } from './connection.ts';
import type { ErrorObject } from './error-object.ts';

/** What a request names: an upload, or the completion of one. */
export type Subject = 'upload' | 'completion';

export interface Refusal {
  readonly status: number;
  readonly body: ErrorObject;
  /** The message of the body, without file names. */
  readonly said: string;
  /** What the request named; undefined for nothing that exists yet. */
  readonly target?: Subject | undefined;
  /** How the key was sent. */
  readonly auth?: Connection['auth'] | undefined;
}

/** What to make of a refusal. */
export interface Verdict {
  readonly code: UploadErrorCode;
  readonly hint: string | Hint;
  readonly isRetryable?: boolean;
  /** The upload is over, or can never be completed. Only a new one has a chance. */
  readonly isFinal?: boolean;
  readonly needsOption?: boolean;
  /** Every part but the last is too small for the server. */
  readonly wantsLargerParts?: boolean;
  /** The largest number of bytes that the server names. */
  readonly countedBytes?: number;
}

interface ServerQuirk extends Verdict {
  readonly matches: (refusal: Refusal) => boolean;
}

/**
 * Refusals that only some servers make, one row each. Most servers take parts of any size and in
 * any order, with an MD5. The others refuse *complete* and say why. Only plain words count, because
 * the upload is given up for them.
 */
const QUIRKS: readonly ServerQuirk[] = [
  {
    matches: (refusal) =>
      isOfCompletion(refusal) &&
      /\b(too small|smaller than)\b|EntityTooSmall/i.test(refusal.said) &&
      /\bparts?\b|\bupload\b/i.test(refusal.said),
    code: 'request_refused',
    hint: hint`This server wants larger parts: push again with larger parts, such as ${option('partBytes', 8_000_000)}.`,
    isFinal: true,
    needsOption: true,
    wantsLargerParts: true,
  },
  {
    matches: (refusal) =>
      isOfCompletion(refusal) &&
      /\border(ed|ing)?\b|\bsequence\b/i.test(refusal.said) &&
      /\bparts?\b/i.test(refusal.said),
    code: 'request_refused',
    hint: hint`This server wants one part after the other: push again with ${option('concurrency', 1)}.`,
    isFinal: true,
    needsOption: true,
  },
  {
    matches: (refusal) =>
      isOfCompletion(refusal) &&
      isUnknownField(refusal) &&
      (refusal.body.param === 'md5' || /md5/i.test(refusal.said)),
    code: 'request_refused',
    hint: hint`This server takes no MD5: push again with ${option('md5', false)}.`,
    needsOption: true,
  },
  {
    // Azure under a custom domain does not accept a bearer token.
    matches: (refusal) => isOfKey(refusal, 'bearer', /\bapi-key\b|subscription key/i),
    code: 'authentication',
    hint: hint`Check ${option('apiKey')}; Azure, and servers like it, take it with ${option('auth', 'api-key')}.`,
  },
  {
    // Other servers do not accept Azure's header.
    matches: (refusal) => isOfKey(refusal, 'api-key', /\bauthorization\b|\bbearer\b/i),
    code: 'authentication',
    hint: hint`Check ${option('apiKey')}; this server takes it with ${option('auth', 'bearer')}.`,
  },
  {
    // Whether smaller parts have a chance depends on the parts: see `judgePartRefusal`.
    matches: ({ status }) => status === 413,
    code: 'request_refused',
    hint: hint`The server, or a proxy before it, takes no file of this size. Send a smaller one; a batch can be sent in pieces, with ${option('split')}.`,
  },
];

export function matchServerQuirk(refusal: Refusal): Verdict | undefined {
  return QUIRKS.find(({ matches }) => matches(refusal));
}

export function isOfCompletion({ target, status }: Refusal): boolean {
  return target === 'completion' && (status === 400 || status === 422);
}

/** Whether the server does not know a field of the request. */
export function isUnknownField({ body, said }: Refusal): boolean {
  return (
    body.code === 'unknown_parameter' ||
    /unknown|unrecogni[sz]ed|unsupported|not (supported|allowed|permitted)/i.test(said)
  );
}

function isOfKey({ status, auth, body }: Refusal, sentAs: Connection['auth'], words: RegExp): boolean {
  const { message = '', gatewayMessage = '' } = body;
  return status === 401 && auth === sentAs && words.test(message + gatewayMessage);
}
