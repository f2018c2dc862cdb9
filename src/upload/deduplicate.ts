import { UploadError } from '../model/errors.ts';
import type { FileObject, UploadResult } from '../model/upload.ts';
import type { Content, LedgerEntry } from '../sessions/ledger-entry.ts';
import type { SavedDigests } from '../sessions/record.ts';
import type { FoundRecords } from '../sessions/records.ts';
import { inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import { describeSpoolError, shownPath } from './caller-error.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { emitResult } from './finish.ts';
import { hashSource } from './open-source.ts';
import { usableRecords } from './read-session.ts';
import { type Hashed, settleAlike } from './settle.ts';
import type { UploadSpec } from './upload-spec.ts';
import { askFor, isUnknown } from './wait-for-file.ts';

/**
 * Returns the file that the same bytes have already made, if the server still has it. Otherwise
 * pushes them under a lock that keeps other processes from uploading the same bytes. After a wait
 * for that lock, it also finds the file of the other process, or of an earlier run that never got
 * the response.
 * @throws as `findUploaded`, `hashSource`, `settleAlike` and `push`; UploadError `session_locked`, and
 * `source_changed` when the file is changed to bytes that are uploaded already
 */
export async function pushUnlessUploaded(
  asked: UploadSpec,
  context: UploadContext,
  push: (spec: UploadSpec, context: UploadContext) => Promise<UploadResult>,
): Promise<UploadResult> {
  const spec = await withDigests(asked, context).catch((error: unknown) => {
    throw describeSpoolError(error, asked);
  });
  const { ledger } = context.deps.sessions;
  const before = await findUploaded(spec, context);
  if (before) return await emitAlreadyUploaded(before, spec, context);

  let lock: Awaited<ReturnType<typeof ledger.lock>> | undefined;
  let locked = spec;
  /** Locks the bytes, in place of those before, and then looks again for a file of them. */
  const claim = async (own: Hashed) => {
    await lock?.release();
    lock = undefined;
    locked = own;
    const subject = `the bytes of ${shownPath(own)}`;
    lock = await ledger.lock(contentOf(own, context), subject, context.lockWait);
    await settleAlike(own, alone);
    return await findUploaded(own, context);
  };
  const moveTo = async ({ md5, sha256 }: SavedDigests) => {
    if (md5 === null || !sha256 || sha256 === locked.digests.sha256) return;
    const there = await claim({ ...spec, digests: { md5, sha256 } });
    if (there) throw changedInto(there, spec);
  };
  const alone = { ...context, claim: { assertHeld: async () => await lock?.assertHeld(), moveTo } };

  try {
    const meanwhile = await claim(spec);
    if (meanwhile) return await emitAlreadyUploaded(meanwhile, spec, context);
    return await push(spec, alone);
  } finally {
    await lock?.release();
  }
}

function changedInto({ file }: Uploaded, spec: Hashed): UploadError {
  const path = shownPath(spec);
  const message = `${path} changed while it was being pushed, and ${file.id} has its new bytes already`;
  return new UploadError('source_changed', { message, hint: 'Push it again for that file.' }, { path });
}

function contentOf({ digests, source, purpose }: Hashed, { deps }: UploadContext): Content {
  const { baseUrl, organization, project } = deps.connection;
  return { ...digests, bytes: source.bytes, purpose, baseUrl, organization, project };
}

/**
 * Adds the digests of the file as it was inspected.
 * @throws UploadError `source_changed` when it changed while it was being read
 */
async function withDigests(spec: UploadSpec, context: UploadContext): Promise<Hashed> {
  const { path } = spec.source;
  const file = await openFile(path);

  try {
    const digests = await hashSource(spec, file, context);
    if (isUntouched(spec.source, await inspectFile(path))) return { ...spec, digests };
    const message = `${path} changed while it was being read`;
    const hint = 'Push it again once nothing writes to it any more.';
    throw new UploadError('source_changed', { message, hint }, { path });
  } finally {
    await file.close();
  }
}

async function emitAlreadyUploaded(
  known: Uploaded,
  spec: Hashed,
  context: UploadContext,
): Promise<UploadResult> {
  const { uploadId, file } = known;
  const { filename, purpose, digests, source } = spec;
  const nothingSent = { parts: 0, partsResumed: 0, bytesSent: 0, bottleneck: null };

  return await emitResult(
    {
      uploadId,
      filename: file.filename ?? filename,
      path: shownPath(spec),
      bytes: source.bytes,
      purpose,
      ...digests,
      ...nothingSent,
      alreadyUploaded: true,
    },
    file,
    context,
  );
}

/** A file made of the same bytes, and the upload that made it. */
type Uploaded = Pick<LedgerEntry, 'uploadId' | 'file' | 'sha256'>;

/** A file that expires sooner counts as gone, because its next use would find it missing. */
const MIN_LIFE_MS = 3_600_000;

/**
 * Finds a file with the same content in the ledger, or else in a completed session, as the server
 * describes it now. A file that is gone, about to expire or different is ignored.
 * @throws UploadError of the request; `session_corrupt` and similar when an entry or a record
 * cannot be read
 */
async function findUploaded(spec: Hashed, context: UploadContext): Promise<Uploaded | undefined> {
  const content = contentOf(spec, context);

  return await context.slot.aside(async () => {
    for await (const known of candidates(content, spec, context.deps)) {
      const file = await askFor(known.file.id, context).catch((error: unknown) => {
        if (!isUnknown(error)) throw error;
      });
      if (!file || !isGood(file, known, content) || !hasTime(file, spec.fileLifetimeSeconds, context.deps))
        continue;
      if (known.sha256 === null) context.deps.onEvent({ type: 'matched_by_md5', fileId: file.id });
      return { ...known, file };
    }
    return undefined;
  });
}

/** Includes completed sessions: the ledger's entry may have been deleted, or never written. */
async function* candidates(
  content: Content,
  spec: UploadSpec,
  { sessions }: Dependencies,
): AsyncGenerator<Uploaded> {
  const entry = sessions.ledger.read(content);
  if (entry) yield entry;
  // Without a ledger, only the sessions know, so those of all paths are read. With one, those of
  // the same file are enough.
  const session = newestCompleted(
    content,
    await (sessions.ledger.isKept ? sessions.find(spec) : sessions.list()),
  );
  if (session && session.file.id !== entry?.file.id) yield session;
}

/** @throws as `usableRecords` */
function newestCompleted(content: Content, found: FoundRecords): Uploaded | undefined {
  for (const record of usableRecords(found)) {
    const { file, sha256 = null, uploadId } = record;
    if (file === null || record.status !== 'completed') continue;
    const made = { ...record, ...record.source, sha256: sha256 ?? content.sha256 };
    const fields = Object.entries(content) as [keyof Content, unknown][];
    if (fields.every(([field, wanted]) => made[field] === wanted)) return { uploadId, file, sha256 };
  }

  return undefined;
}

/**
 * Accepts a file without a size or with another name for the purpose, because some servers send
 * those.
 */
function isGood(file: FileObject, { file: before }: Uploaded, { bytes, purpose }: Content): boolean {
  const isWhole = typeof file.bytes !== 'number' || file.bytes === bytes;
  const isForIt = file.purpose === undefined || file.purpose === (before.purpose ?? purpose);
  return file.id === before.id && isWhole && isForIt && file.status !== 'error' && file.status !== 'deleted';
}

/** Whether enough of the lifetime is left. For a short lifetime, half of it is enough. */
function hasTime(file: FileObject, lifetimeSeconds: number | null, { serverClock }: Dependencies): boolean {
  const { expires_at: expiresAt } = file;
  if (typeof expiresAt !== 'number') return true;
  const wantedMs = lifetimeSeconds === null ? Number.POSITIVE_INFINITY : lifetimeSeconds * 1000;
  return expiresAt * 1000 - serverClock.latest() >= Math.min(MIN_LIFE_MS, wantedMs / 2);
}
