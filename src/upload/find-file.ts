import { isUploadError, UploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { CallOptions, Dependencies } from './dependencies.ts';

/** Pages of 100 files to read before giving up on a list that does not end. */
const MAX_PAGES = 1000;

/**
 * Finds the file of a *complete* whose response was lost. The server does not link an upload to its
 * file, so the purpose, name, size and time of creation must match. Files of other sessions are
 * left out.
 * @returns undefined when there is none
 * @throws UploadError of the requests; `completion_unknown` when several match
 */
export async function findFile(
  record: SessionRecord,
  deps: Dependencies,
  options: CallOptions,
): Promise<FileObject | undefined> {
  const found = new Map<string, FileObject>();
  for await (const file of filesSince(record, deps, options)) {
    if (isOf(record, file)) found.set(file.id, file);
  }

  // Any session may have it, so all are read, which takes a while with very many.
  const { sessions } = found.size === 0 ? { sessions: [] } : await deps.sessions.list();
  for (const other of sessions) found.delete(other.record.file?.id ?? '');

  const [file, other] = [...found.values()];
  if (other) throw severalFit(record.uploadId, [...found.values()]);

  const rival = file && sessions.find((each) => isRival(each.record, record) && isOf(each.record, file));
  if (rival) throw mayBeOf(rival.record, record, file);

  if (file) deps.onEvent({ type: 'found', fileId: file.id });

  return file;
}

/** Whether nobody knows of another upload to that place, either, which file it has made. */
function isRival(other: SessionRecord, record: SessionRecord): boolean {
  const fields = ['purpose', 'baseUrl', 'organization', 'project'] as const;
  const isOther = other.uploadId !== record.uploadId && other.status === 'completing';
  return isOther && fields.every((field) => other[field] === record[field]);
}

/** Allows for a *complete* that began in time and ended a little late. */
const LATE_SECONDS = 60;

/**
 * Some servers leave out the size or the time; then only the other fields are compared. An expired
 * upload makes no file.
 */
function isOf(record: SessionRecord, file: FileObject): boolean {
  const { filename, createdAt, expiresAt } = record;
  const ownBytes = record.source.bytes;
  const bytes = file.bytes ?? ownBytes;
  const madeAt = file.created_at ?? createdAt;
  const isInTime = madeAt >= createdAt && madeAt <= expiresAt + LATE_SECONDS;
  return file.filename === filename && bytes === ownBytes && isInTime;
}

/**
 * Yields the files made since the upload, and possibly older ones. Servers that know `order` send
 * the newest first.
 */
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

/** Whether the following pages contain only older files. */
function goesBefore(createdAt: number, files: readonly FileObject[]): boolean {
  const [first, last] = [files.at(0)?.created_at, files.at(-1)?.created_at];
  return last != null && last < createdAt && (first ?? last) >= last;
}

function severalFit(uploadId: string, found: readonly FileObject[]): UploadError {
  const ids = found.map(({ id }) => id).join(', ');
  const message = `the response to complete was lost, and ${found.length} files match this upload: ${ids}`;
  return new UploadError(
    'completion_unknown',
    { message, hint: 'Check them in the dashboard.' },
    { uploadId },
  );
}

/** The other may be about to learn it, so it is worth to look again. */
function mayBeOf(rival: SessionRecord, { uploadId }: SessionRecord, file: FileObject): UploadError {
  const message = `the response to complete was lost, and ${file.id} may be of this upload or of ${rival.uploadId}`;
  const hint = 'Check it in the dashboard.';
  return new UploadError('completion_unknown', { message, hint, isRetryable: true }, { uploadId });
}

/**
 * Makes a refused list final: a server without the list will never have it. Other failures may
 * pass.
 */
function refused(error: unknown): never {
  if (!isUploadError(error) || error.code !== 'request_refused') throw error;
  const message = `the response to complete was lost, and the list of files was refused: ${error.message}`;
  const text = { message, hint: 'Look for the file in the dashboard.' };
  throw new UploadError('completion_unknown', text, { cause: error });
}
