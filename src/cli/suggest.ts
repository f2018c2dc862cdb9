import { distance } from 'fastest-levenshtein';

/** A word that needs more edits than this is another word. */
const MAX_EDITS = 3;

/**
 * Returns the word that was probably meant, whatever its dashes and capitals. Undefined when none
 * is near.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const meant = lettersOf(word);
  const maxEdits = Math.min(MAX_EDITS, meant.length / 2);

  const [nearest] = candidates
    .map((candidate) => ({ candidate, edits: distance(meant, lettersOf(candidate)) }))
    .filter(({ edits }) => edits <= maxEdits)
    .sort((a, b) => a.edits - b.edits);

  return nearest?.candidate;
}

function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
