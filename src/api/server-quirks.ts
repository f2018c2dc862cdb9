import { type Hint, hint, option } from '../model/hint.ts';

/** A refusal that only some servers make, and what to do about it. */
export interface ServerQuirk {
  readonly hint: string | Hint;
  /** The upload can never be completed. Only a new one has a chance. */
  readonly isFinal?: boolean;
  readonly needsOption?: boolean;
  /** Every part but the last is too small for the server. */
  readonly wantsLargerParts?: boolean;
}

/**
 * Most servers take parts of any size and in any order. The others refuse *complete* and say why.
 * Only plain words count, because the upload is given up for them.
 */
export function matchServerQuirk(said: string): ServerQuirk | undefined {
  if (isTooSmall(said)) {
    const advice = hint`This server wants larger parts: push again with larger parts, such as ${option('partBytes', 8_000_000)}.`;
    return { hint: advice, isFinal: true, needsOption: true, wantsLargerParts: true };
  }

  if (/\border(ed|ing)?\b|\bsequence\b/i.test(said) && /\bparts?\b/i.test(said)) {
    const advice = hint`This server wants one part after the other: push again with ${option('concurrency', 1)}.`;
    return { hint: advice, isFinal: true, needsOption: true };
  }

  return undefined;
}

function isTooSmall(said: string): boolean {
  return /\b(too small|smaller than)\b|EntityTooSmall/i.test(said) && /\bparts?\b|\bupload\b/i.test(said);
}
