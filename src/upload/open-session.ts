import { contentBytes } from '../plan/slices.ts';
import { SCHEMA_VERSION } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { isUntouched } from '../source/inspect-file.ts';
import type { UploadContext } from './context.ts';
import { callApi, cancelQuietly, tidySpools } from './context.ts';
import { findResumable } from './find-resumable.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * The session of a wish: the unfinished one of the same file, or that of a new upload. One process at a time looks and
 * begins, so that two pushes of one file do not make two uploads. Whoever calls must release it.
 * @throws UploadError of the request, `session_locked`, or what is wrong with the saved records
 */
export async function openSession(
  spec: UploadSpec,
  context: UploadContext,
): Promise<{ session: SessionHandle; isNew: boolean }> {
  const { sessions } = context.deps;
  // Whoever waits may find the upload done at the end of the wait; what was done before is another matter.
  const doneBefore = context.lockWait.waitMs > 0 ? await completedIds(sessions) : undefined;
  const beginning = await sessions.lockContent(spec, context.lockWait);
  try {
    const session = await findResumable(spec, context, doneBefore);
    if (session) {
      await giveMd5(session, spec);
      return { session, isNew: false };
    }
    return { session: await createSession(spec, context), isNew: true };
  } finally {
    await beginning.release();
  }
}

/**
 * Creates the upload and saves its session before anything else is done with it. An upload that cannot be saved could
 * never be resumed, so it is cancelled at once.
 * @throws UploadError of the request, or `session_unwritable`
 */
export async function createSession(spec: UploadSpec, context: UploadContext): Promise<SessionHandle> {
  const { api, sessions, serverClock, clock, connection } = context.deps;
  const { source, ...described } = spec;
  const call = { what: 'create', action: 'creating the upload' };
  const upload = await callApi(context, call, (options) =>
    api.createUpload({ ...described, bytes: contentBytes(spec) }, options),
  );
  const record = {
    schemaVersion: SCHEMA_VERSION,
    uploadId: upload.id,
    status: 'pending',
    baseUrl: connection.baseUrl,
    organization: connection.organization,
    project: connection.project,
    ...described,
    createdAt: upload.createdAt,
    expiresAt: upload.expiresAt,
    clockOffsetMs: Math.round(serverClock.now(0) - clock.now()),
    source,
    md5: spec.md5 ?? null,
    parts: [],
    file: null,
    restartedAs: null,
  } as const;
  try {
    const session = await sessions.create(record, context.lockWait);
    const { spool } = record;
    if (spool !== null) await tidySpools(context.deps, (spools) => spools.handOver(spool));
    return session;
  } catch (error) {
    // Without a record nobody would know of it; if this fails too, it expires by itself.
    await cancelQuietly(upload.id, context);
    throw error;
  }
}

/** What was hashed is what the session is about, as long as nobody has touched the source in between. */
async function giveMd5(session: SessionHandle, { md5, source }: UploadSpec): Promise<void> {
  const { record } = session;
  if (record.file !== null || md5 === undefined || !isUntouched(record.source, source)) return;
  try {
    await session.update({ md5 });
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function completedIds(sessions: Sessions): Promise<ReadonlySet<string>> {
  const { sessions: saved } = await sessions.list();
  const completed = saved.filter(({ record }) => record.status === 'completed');
  return new Set(completed.map(({ record }) => record.uploadId));
}
