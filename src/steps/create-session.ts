import { SCHEMA_VERSION } from '../sessions/record.ts';
import type { Session } from '../sessions/session.ts';
import type { SourceFile } from '../source/inspect-file.ts';
import { callApi, type Run } from './run.ts';

/** What the user wants uploaded, as what, and in which parts. */
export interface Wish {
  readonly source: SourceFile;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly fileLifetimeSeconds: number | null;
  readonly partBytes: number;
  readonly wantsMd5: boolean;
}

/**
 * Creates the upload and saves its session before anything else is done with it. An upload that cannot be saved could
 * never be resumed, so it is cancelled at once.
 * @throws UploadError of the request, or `session_unwritable`
 */
export async function createSession(wish: Wish, run: Run): Promise<Session> {
  const { api, sessions, serverClock, clock, connection } = run.deps;
  const { baseUrl, organization, project } = connection;
  const call = { what: 'create', doing: 'creating the upload' };
  const upload = await callApi(run, call, (options) =>
    api.createUpload({ ...wish, bytes: wish.source.bytes }, options),
  );
  try {
    return sessions.create({
      schemaVersion: SCHEMA_VERSION,
      uploadId: upload.id,
      status: 'pending',
      baseUrl,
      organization,
      project,
      purpose: wish.purpose,
      filename: wish.filename,
      mimeType: wish.mimeType,
      fileLifetimeSeconds: wish.fileLifetimeSeconds,
      createdAt: upload.createdAt,
      expiresAt: upload.expiresAt,
      clockOffsetMs: Math.round(serverClock.now(0) - clock.now()),
      source: wish.source,
      partBytes: wish.partBytes,
      wantsMd5: wish.wantsMd5,
      md5: null,
      parts: [],
      file: null,
    });
  } catch (error) {
    // Without a record nobody would know of it; if this fails too, it expires by itself.
    await api
      .cancelUpload(upload.id, { signal: AbortSignal.timeout(run.stallMs), attempt: 1 })
      .catch(() => undefined);
    throw error;
  }
}
