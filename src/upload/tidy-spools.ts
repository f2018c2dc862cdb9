import { isUploadError } from '../model/errors.ts';
import type { Spools } from '../sessions/spools.ts';
import type { Dependencies } from './dependencies.ts';
import { isExpired } from './read-session.ts';
import { isSameSpec, type UploadSpec } from './upload-spec.ts';

/**
 * Cleans up spools and ignores failures. Only the upload matters, and a later sweep finds a spool
 * that cannot be deleted now.
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

/** Deletes the spools of expired uploads whose bytes are a file by now: nobody starts over with them. */
export async function dropExpiredSpools(spec: UploadSpec, deps: Dependencies): Promise<void> {
  if (spec.spool === null) return;

  await tidySpools(deps, async (spools) => {
    const { sessions } = await deps.sessions.find(spec);
    const same = sessions
      .map(({ record }) => record)
      .filter((each) => isSameSpec(each, spec, deps.connection));

    const expired = same.filter((record) => isExpired(record, deps));
    const givenUpBy = expired.map(({ uploadId }) => uploadId);
    for (const spool of new Set(expired.flatMap(({ spool }) => spool ?? [])))
      await spools.drop(spool, ...givenUpBy);
  });
}
