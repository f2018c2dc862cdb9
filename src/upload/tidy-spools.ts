import { isUploadError } from '../model/errors.ts';
import type { Spools } from '../sessions/spools.ts';

/**
 * Does away with spools that nobody will read again. What comes of the upload is what counts: a spool that cannot be deleted
 * now is found by a later sweep.
 */
export async function tidySpools(
  { sessions }: { readonly sessions: { readonly spools: Spools } },
  action: (spools: Spools) => unknown,
): Promise<void> {
  try {
    await action(sessions.spools);
  } catch (error) {
    if (!isUploadError(error)) throw error;
  }
}
