import { crc32 } from 'node:zlib';
import { savedUrl } from '../model/base-url.ts';
import { UploadError } from '../model/errors.ts';
import { createTextSet } from '../model/text-set.ts';
import { openAppender, openLines } from './append.ts';
import { readJournal } from './job-journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import { isJobHead, type JobHead } from './read-job.ts';

type FileEntry = JournalEntry & { readonly modified_ns?: string };

/** With more files than this, a path named twice is no longer noticed. */
const MAX_PATHS = 100_000;

/**
 * Opens the list of finished files in a job's journal. Only the offset of each line is kept in
 * memory.
 * @param lock see `openAppender`
 * @throws UploadError `manifest_unusable`, `manifest_mismatch`; the signal's reason
 */
export async function openDoneFiles(
  path: string,
  head: JobHead,
  { signal, lock }: { readonly signal: AbortSignal; readonly lock: Parameters<typeof openAppender>[1] },
) {
  const places = new Map<number, number | readonly number[]>();
  const begun = createTextSet(MAX_PATHS);
  const rules = { isHead: isJobHead, isSaved: true, signal };
  const before = await readJournal<JobHead>(path, rules, ({ path: file }, offset) => {
    const key = keyOf(String(file));
    const others = places.get(key);
    places.set(key, others === undefined ? offset : [...[others].flat(), offset]);
  });
  if (before !== undefined) refuseOther(path, before, head);
  const appender = await openAppender(path, lock);
  if (before === undefined) await appender.add(head);
  const lineAt = openLines(appender.fd, path);

  return {
    add: appender.add,
    /** Finds only lines of earlier runs, because a file that is named twice is uploaded twice. */
    find(given: string): FileEntry | undefined {
      for (const offset of [places.get(keyOf(given)) ?? []].flat().reverse()) {
        const entry = lineAt(offset) as unknown as FileEntry;
        if (entry.path === given) return entry;
      }
      return undefined;
    },
    /** Whether this is the first time in this run that the file is begun. */
    isFirst: (given: string) => begun.add(given),
    close: appender.close,
  };
}

/** Takes 32 bits, which need no memory beyond the map. Paths with the same key are compared. */
function keyOf(path: string): number {
  return crc32(path) | 0;
}

/** @throws UploadError `manifest_mismatch` */
function refuseOther(path: string, before: JobHead, head: JobHead): void {
  const isSame =
    savedUrl(before.base_url) === savedUrl(head.base_url) &&
    before.organization === head.organization &&
    before.project === head.project;
  if (isSame) return;

  const why = 'its files belong to another base URL, organization or project';
  const message = `the manifest ${path} belongs to something else: ${why}`;
  throw new UploadError('manifest_mismatch', { message, hint: 'Name another manifest.' });
}
