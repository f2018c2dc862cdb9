import type { CreatedUpload } from '../api/parse-responses.ts';
import { differingFields } from '../model/account.ts';
import { shownUrl } from '../model/base-url.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { NO_DIGESTS, SCHEMA_VERSION, type SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { mayNeedSpool } from '../sessions/spools.ts';
import { isUntouched } from '../source/inspect-file.ts';
import { shownPath } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import { callApi, cancelQuietly } from './context.ts';
import { findResumable } from './find-resumable.ts';
import { isExpired } from './read-session.ts';
import { tidySpools } from './tidy-spools.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * Opens the session of an upload: the unfinished one of the same file if it may be continued, or a
 * new one. Only one process at a time searches and creates, because two pushes of a file must not
 * make two uploads.
 * The caller must release the session. `replaced`: see `createSession`.
 * @throws UploadError of the request, `session_locked`, or of unreadable records
 */
export async function openSession(
  spec: UploadSpec,
  context: UploadContext,
  replaced?: SessionHandle,
): Promise<{ session: SessionHandle; isNew: boolean }> {
  if (!context.mayContinue) return { session: await createSession(spec, context, replaced), isNew: true };

  const { sessions } = context.deps;
  // Another process may complete the upload during the wait. Uploads completed before do not count.
  const doneBefore = context.lockWait.waitMs > 0 ? await completedIds(spec, sessions) : undefined;
  const beginning = await sessions.lockContent(spec, context.lockWait);

  try {
    const session = await findResumable(spec, context, doneBefore);
    if (session) {
      await giveDigests(session, spec);
      return { session, isNew: false };
    }
    return { session: await createSession(spec, context, replaced), isNew: true };
  } finally {
    await beginning.release();
  }
}

/**
 * Creates the upload and saves its session before anything else. An upload that cannot be saved
 * could never be resumed, so it is cancelled at once. `replaced` is a session of this process that
 * is over, whose file is uploaded anew. The server may give the new upload its id.
 * @throws UploadError of the request, or `session_unwritable`
 */
export async function createSession(
  spec: UploadSpec,
  context: UploadContext,
  replaced?: SessionHandle,
): Promise<SessionHandle> {
  const { api, sessions, serverClock, connection, linkMemory, onEvent } = context.deps;
  const { source, digests = NO_DIGESTS, ...described } = spec;
  const call = { what: 'create', action: 'creating the upload' };
  const upload = await callApi(context, call, (options) =>
    api.createUpload({ ...described, bytes: spec.source.bytes }, options),
  );
  const uploadId = upload.id;
  const times = serverClock.timesOf(upload, () => onEvent({ type: 'lifetime_unknown', uploadId }));

  const isReplaced = replaced?.record.uploadId === uploadId;
  const earlier = isReplaced ? replaced : await takeRepeated(uploadId, spec, context);
  const mismatch = mismatchOf(upload, spec);
  if (mismatch) {
    if (!isReplaced) await earlier?.release();
    throw mismatch;
  }

  const record = {
    schemaVersion: SCHEMA_VERSION,
    uploadId,
    status: 'pending',
    baseUrl: connection.baseUrl,
    organization: connection.organization,
    project: connection.project,
    ...described,
    minPartBytes: Math.max(spec.minPartBytes, linkMemory.read().minPartBytes ?? 0),
    ...times,
    source,
    ...digests,
    parts: [],
    // Set from the start, which saves a write before the first part is sent.
    mayHoldMore: true,
    file: null,
    restartedAs: null,
  } as const;

  try {
    const earlierSpool = isReplaced ? null : (earlier?.record.spool ?? null);
    const { spool } = record;
    if (earlierSpool !== null && earlierSpool !== spool)
      await tidySpools(context.deps, (spools) => spools.drop(earlierSpool, uploadId));

    const session = await sessions.create(record, context.lockWait, earlier);
    if (spool !== null) await tidySpools(context.deps, (spools) => spools.handOver(spool));
    return session;
  } catch (error) {
    if (!isReplaced) await earlier?.release();
    // Without a record, nothing would know of the upload. If cancelling fails too, it expires by
    // itself. An upload that is locked, or has a record by now, is known to another process.
    const isLocked = isUploadError(error) && error.code === 'session_locked';
    const isSaved = async () =>
      earlier ? earlier.record === record : (await sessions.read(uploadId).catch(() => true)) !== undefined;
    const isKnown = isLocked || (await isSaved());
    if (!isKnown) await cancelQuietly(uploadId, context);
    throw error;
  }
}

/**
 * Some servers give an id twice. Returns the session that has it, locked, if its upload has ended:
 * its file is in the ledger, so its record can be replaced. An unfinished one may be the live upload
 * of another file, so it is not cancelled here, unlike one that cannot be saved.
 * @throws UploadError `request_refused`, or `session_locked` while a process works on that upload;
 * errors of reading the record
 */
async function takeRepeated(
  uploadId: string,
  spec: UploadSpec,
  { deps, lockWait }: UploadContext,
): Promise<SessionHandle | undefined> {
  const { sessions, connection } = deps;
  const mayGo = (record: SessionRecord) =>
    record.status === 'pending' && record.spool === null
      ? isExpired(record, deps)
      : record.status !== 'completing' && !(record.spool !== null && mayNeedSpool(record));

  const earlier = await sessions.read(uploadId);
  if (earlier === undefined) return undefined;

  const { record } = earlier;
  const path = shownPath(record);
  const again = `creating the upload failed: the server gave the id ${uploadId} again`;
  const session = await sessions.open(uploadId, lockWait).catch((error: unknown) => {
    if (!isUploadError(error) || error.code !== 'session_locked') throw error;
    const text = { message: `${again}, and ${error.message}`, hint: 'Let it finish, then push again.' };
    throw new UploadError('session_locked', text, { cause: error });
  });
  if (session === undefined || mayGo(session.record)) return session;
  await session.release();

  const message = `${again}, which the unfinished upload of ${path} at ${shownUrl(record.baseUrl)} has (${earlier.path})`;
  const hint =
    'Resume or cancel that one first, then push again. If you know nothing of it, check the base URL, and any proxy that may repeat old responses.';
  const isOurs = differingFields(record, connection).length === 0;
  // A push would have continued an upload of the same file if that were possible.
  const freedBy = path === shownPath(spec) ? 'cancel' : 'resume';
  throw new UploadError('request_refused', { message, hint }, isOurs ? { uploadId, freedBy } : {});
}

/** Returns the error for an upload for a file of another size: an old response was repeated. */
function mismatchOf({ id, bytes }: CreatedUpload, { source }: UploadSpec): UploadError | undefined {
  if (bytes === null || bytes === source.bytes) return undefined;
  const message = `creating the upload failed: the server gave ${id}, which is for a file of ${bytes} bytes and not of ${source.bytes}`;
  const hint = 'Check the base URL and any proxy in between: one of them may repeat an old response.';
  return new UploadError('request_refused', { message, hint });
}

/** Saves the digests in the session, unless the source was touched since the session began. */
async function giveDigests(session: SessionHandle, { digests, source }: UploadSpec): Promise<void> {
  const { record } = session;
  if (record.file !== null || digests === undefined || !isUntouched(record.source, source)) return;
  await session.update(digests).catch(async (error: unknown) => {
    await session.release();
    throw error;
  });
}

async function completedIds(spec: UploadSpec, sessions: Sessions): Promise<ReadonlySet<string>> {
  const { sessions: saved } = await sessions.find(spec);
  const completed = saved.filter(({ record }) => record.status === 'completed');
  return new Set(completed.map(({ record }) => record.uploadId));
}
