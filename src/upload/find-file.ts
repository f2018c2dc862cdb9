import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { CallOptions, Dependencies } from './dependencies.ts';

/** Pages looked at before we stop believing that the list ends. At 100 files each. */
const MAX_PAGES = 1000;

/**
 * The file that a *complete* may have made whose answer was lost. The server keeps no link from an upload to its file, so
 * it is known by purpose, name, size and an age not above the upload's; files that other sessions got are not it.
 * @returns undefined when there is none
 * @throws UploadError of the requests; `completion_unknown` when several fit
 */
export async function findFile(
  record: SessionRecord,
  deps: Dependencies,
  options: CallOptions,
): Promise<FileObject | undefined> {
  const { sessions } = await deps.sessions.list();
  const others = new Set(sessions.map((session) => session.record.file?.id));
  const found = new Map<string, FileObject>();
  for await (const file of filesSince(record, deps, options)) {
    if (isOf(record, file) && !others.has(file.id)) found.set(file.id, file);
  }
  const [file, other] = [...found.values()];
  if (other) throw severalFit(record.uploadId, [...found.values()]);
  if (file) deps.onEvent({ type: 'found', fileId: file.id });
  return file;
}

/** A *complete* that began in time may end a little late. */
const LATE_SECONDS = 60;

/** Some servers leave out the size, or the time; then the rest has to do. An expired upload makes no file any more. */
function isOf(record: SessionRecord, file: FileObject): boolean {
  const { filename, createdAt, expiresAt } = record;
  const ownBytes = contentBytes(record);
  const bytes = file.bytes ?? ownBytes;
  const madeAt = file.created_at ?? createdAt;
  const isInTime = madeAt >= createdAt && madeAt <= expiresAt + LATE_SECONDS;
  return file.filename === filename && bytes === ownBytes && isInTime;
}

/** Those that are younger than the upload, and maybe older ones. The newest come first, but on a server that does not know `order`. */
async function* filesSince(
  { purpose, createdAt }: SessionRecord,
  deps: Dependencies,
  options: CallOptions,
): AsyncGenerator<FileObject> {
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { purpose, ...(after !== undefined && { after }) };
    const { files, hasMore } = await deps.api.listFiles(query, options).catch(refused);
    yield* files;
    after = files.at(-1)?.id;
    if (!hasMore || after === undefined || goesBefore(createdAt, files)) return;
  }
}

/** Whether the pages after this one hold only what is older. */
function goesBefore(createdAt: number, files: readonly FileObject[]): boolean {
  const [first, last] = [files.at(0)?.created_at, files.at(-1)?.created_at];
  return last != null && last < createdAt && (first ?? last) >= last;
}

function severalFit(uploadId: string, found: readonly FileObject[]): UploadError {
  const ids = found.map(({ id }) => id).join(', ');
  const message = `the response to complete was lost, and ${found.length} files fit this upload: ${ids}`;
  return new UploadError(
    'completion_unknown',
    { message, hint: 'Look at them in the dashboard.' },
    { uploadId },
  );
}

/** A server without such a list leaves it open for ever; whatever else went wrong may be cured. */
function refused(error: unknown): never {
  if (!isUploadError(error) || error.code !== 'request_refused') throw error;
  const message = `the response to complete was lost, and the list of files was refused: ${error.message}`;
  const text = { message, hint: 'Look for the file in the dashboard.' };
  throw new UploadError('completion_unknown', text, { cause: error });
}
