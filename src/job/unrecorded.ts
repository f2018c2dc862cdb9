import { isUploadError } from '../model/errors.ts';
import { type JobsPlace, unfinishedJobs } from './read-job.ts';

/**
 * Returns a function that says why an unfinished job still needs a completed upload; undefined if none
 * does. A job that is killed before its journal names the upload learns of it only from the record.
 * @throws UploadError `session_unreadable` if the folder cannot be read; `interrupted`
 */
export async function openUnrecorded(place: JobsPlace) {
  const jobs = new Map<string, { readonly id: string; readonly recorded: ReadonlySet<unknown> }>();
  let isAnyUnreadable = false;
  const onUnreadable = (error: unknown) => {
    if (!isUploadError(error) || error.code === 'interrupted') throw error;
    isAnyUnreadable = true;
    return undefined;
  };
  const uploadOf = ({ upload_id: id }: { readonly upload_id?: unknown }) => id;

  for await (const { head, manifests, entries } of unfinishedJobs(place, uploadOf, onUnreadable)) {
    const job = { id: head.job, recorded: new Set(entries) };
    for (const manifest of manifests) jobs.set(manifest, job);
  }

  return ({ uploadId, manifest }: { readonly uploadId: string; readonly manifest?: string | undefined }) => {
    if (manifest === undefined) return undefined;
    const job = jobs.get(manifest);
    if (job === undefined)
      return isAnyUnreadable ? 'it may be of a job whose journal cannot be read' : undefined;
    if (job.recorded.has(uploadId)) return undefined;
    return `${job.id} has not recorded it yet; resume or cancel that first`;
  };
}
