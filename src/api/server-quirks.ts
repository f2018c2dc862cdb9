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
 * Most servers take parts of any size and in any order, and a part twice when its response was
 * lost. Those that do not say so in words, which must be plain, because the upload is given up for
 * them.
 */
export function matchServerQuirk(status: number, said: string, isPart: boolean): ServerQuirk | undefined {
  if (isPart && status === 413) {
    const advice = hint`The server, or a proxy before it, takes no parts of this size: push again with ${option('resume', false)} and smaller parts, such as ${option('partBytes', 5_242_880)}.`;
    return { hint: advice, needsOption: true };
  }

  if (status !== 400) return undefined;
  if (isPart) return isSurplus(said) ? { hint: SURPLUS_HINT, isFinal: true } : undefined;

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

const SURPLUS_HINT =
  'This server counts a part again that was sent again, because the answer to it was lost: push the file again.';

/** Never true for what we send: all parts together are as long as the upload. */
function isSurplus(said: string): boolean {
  const isOver = /\bexceed(s|ed|ing)?\b|\bmore (bytes )?than\b|\blarger than\b/i.test(said);
  const isOfUpload = /\b(declared|expected|total)\b|\b(size|bytes|length) of the upload\b|\bupload size\b/i;
  return isOver && isOfUpload.test(said) && !/\bmax(imum)?\b|\blimit|\ballowed\b|\bquota\b/i.test(said);
}

function isTooSmall(said: string): boolean {
  return /\b(too small|smaller than)\b|EntityTooSmall/i.test(said) && /\bparts?\b|\bupload\b/i.test(said);
}
