import { type JobsPlace, unfinishedJobs } from './read-job.ts';

/**
 * Returns a function that finds the unfinished job whose journal lacks an upload of its own. A job
 * that is killed just after an upload is complete learns of it only from the record.
 * @throws as `listJobs`
 */
export async function openUnrecorded(place: JobsPlace) {
  const jobs = new Map<string, { readonly id: string; readonly recorded: ReadonlySet<unknown> }>();

  for await (const { head, manifests, entries } of unfinishedJobs(place, ({ upload_id: id }) => id)) {
    const job = { id: head.job, recorded: new Set(entries) };
    for (const manifest of manifests) jobs.set(manifest, job);
  }

  return ({ uploadId, manifest }: { readonly uploadId: string; readonly manifest?: string | undefined }) => {
    const job = manifest === undefined ? undefined : jobs.get(manifest);
    return job === undefined || job.recorded.has(uploadId) ? undefined : job.id;
  };
}
