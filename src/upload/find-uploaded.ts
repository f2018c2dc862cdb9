import { isUploadError } from '../model/errors.ts';
import type { FileObject } from '../model/upload.ts';
import { contentBytes } from '../plan/slices.ts';
import type { Content, LedgerEntry } from '../sessions/ledger-entry.ts';
import { callApi } from './call-api.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

/** A file that was made of the same bytes, and the upload that made it. */
export type Uploaded = Pick<LedgerEntry, 'uploadId' | 'file'>;

/** A file with less time than that is as good as gone: whoever uses it next would find it missing. */
const MIN_LIFE_MS = 3_600_000;

/**
 * The file of the same content that the ledger, or else a completed session, knows of, as the server describes it now. One that
 * is gone, about to expire, or not what it was, is none.
 * @throws UploadError of the request; `session_corrupt` and its like when an entry or a record cannot be read
 */
export async function findUploaded(
  content: Content,
  fileLifetimeSeconds: number | null,
  context: UploadContext,
): Promise<Uploaded | undefined> {
  for await (const known of candidates(content, context.deps)) {
    const file = await askFor(known.file.id, context);
    if (file && isGood(file, known, content) && hasTime(file, fileLifetimeSeconds, context.deps))
      return { uploadId: known.uploadId, file };
  }
  return undefined;
}

/** A run that is killed right after its upload was completed leaves a session that says so, and no entry. */
async function* candidates(content: Content, { sessions }: Dependencies): AsyncGenerator<Uploaded> {
  const entry = sessions.ledger.read(content);
  if (entry) yield entry;
  const session = await newestCompleted(content, sessions);
  if (session && session.file.id !== entry?.file.id) yield session;
}

/** @throws UploadError `session_corrupt`, `session_unreadable`: a record that cannot be read may be the very one */
async function newestCompleted(
  content: Content,
  sessions: Dependencies['sessions'],
): Promise<Uploaded | undefined> {
  const { sessions: saved, unusable } = await sessions.list();
  const fault = unusable.find((error) => error.code !== 'session_newer');
  if (fault) throw fault;
  for (const { record } of saved) {
    const { file, md5, purpose, baseUrl, organization, project, uploadId } = record;
    if (file === null || record.status !== 'completed') continue;
    const made = { md5, bytes: contentBytes(record), purpose, baseUrl, organization, project };
    const isSame = Object.entries(made).every(([field, value]) => content[field as keyof Content] === value);
    if (isSame) return { uploadId, file };
  }
  return undefined;
}

/** Undefined when the server says that it has no such file. */
async function askFor(id: string, context: UploadContext): Promise<FileObject | undefined> {
  const call = { what: 'file', action: 'asking for the file' };
  try {
    return await callApi(context, call, (options) => context.deps.api.getFile(id, options));
  } catch (error) {
    const status = isUploadError(error) ? error.facts.httpStatus : undefined;
    if (status === 404 || status === 410) return undefined;
    throw error;
  }
}

/** Some servers leave out the size, or have words of their own for a purpose. */
function isGood(file: FileObject, { file: before }: Uploaded, { bytes, purpose }: Content): boolean {
  const isWhole = typeof file.bytes !== 'number' || file.bytes === bytes;
  const isForIt = file.purpose === undefined || file.purpose === (before.purpose ?? purpose);
  return isWhole && isForIt && file.status !== 'error' && file.status !== 'deleted';
}

/** Of a file that is to live for a short time, half of that has to be left. */
function hasTime(file: FileObject, lifetimeSeconds: number | null, { serverClock }: Dependencies): boolean {
  const { expires_at: expiresAt } = file;
  if (typeof expiresAt !== 'number') return true;
  const wantedMs = lifetimeSeconds === null ? Number.POSITIVE_INFINITY : lifetimeSeconds * 1000;
  return expiresAt * 1000 - serverClock.now(0) >= Math.min(MIN_LIFE_MS, wantedMs / 2);
}
