import type { FileHandle } from 'node:fs/promises';
import type { Digests } from '../checksum/hash-file.ts';
import { partChecksumOf } from '../checksum/part-checksum.ts';
import { isUploadError, UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import { untilAborted } from '../model/signals.ts';
import { countParts, type Range } from '../plan/ranges.ts';
import { NO_DIGESTS, type RecordedPart, type SavedDigests, type SessionRecord } from '../sessions/record.ts';
import type { SessionHandle } from '../sessions/session.ts';
import { describe, isUntouched, lookAt, openFile, type SourceFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import type { UploadContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { refuseWithoutSpool } from './upload-spec.ts';

/**
 * Opens the source of a session once for all readers, which then read the same file even when it is
 * replaced. If it was touched since the session began, the parts already sent are compared. If they
 * are equal, the upload continues. With `reuploadChanged`, the parts that differ are removed from
 * the record and sent again.
 * @throws UploadError `source_changed` naming the first changed part, and those of `inspectFile`
 * and `refuseWithoutSpool`
 */
export async function openSource(
  session: Pick<SessionHandle, 'record' | 'update'>,
  { reuploadChanged }: { readonly reuploadChanged: boolean },
  deps: Pick<Dependencies, 'signal' | 'onEvent' | 'clock'>,
): Promise<FileHandle> {
  const { source } = session.record;
  refuseWithoutSpool(session.record);
  const file = await openFile(source.path).catch(async (error: unknown) => {
    await lookAgain(source);
    throw error;
  });

  try {
    const stats = await file.stat({ bigint: true });
    const now = stats.isFile() ? describe(source.path, stats) : await lookAgain(source);
    if (isUntouched(source, now) && !reuploadChanged) return file;
    refuseOtherSize(session.record, now.bytes);
    if (session.record.parts.length > 0) deps.onEvent({ type: 'phase', phase: 'verifying' });
    const changed = await changedParts(session.record, file, deps);
    // *complete* may have made a file of the old bytes, which would pass for a file of the new
    // ones.
    const mayReupload = reuploadChanged && session.record.status !== 'completing';
    if (changed[0] !== undefined && !mayReupload) throw partChanged(session.record, changed[0]);
    const parts = session.record.parts.filter((part) => !changed.includes(part));
    await session.update({
      source: now,
      parts,
      // The saved digests may cover bytes that were never sent and therefore not compared.
      ...(session.record.status === 'completing' ? {} : NO_DIGESTS),
      // The server keeps the parts that the record drops.
      ...(changed.length > 0 && { status: 'pending', mayHoldMore: true, ...NO_DIGESTS }),
      ...(session.record.check && { check: 'due' }),
    });
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Checks the source again after the last byte was sent, because the server must hold a single state
 * of the file.
 * @returns the digests of that state, computed again when the file was touched
 * @throws UploadError `source_changed`
 */
export async function confirmSource(
  { record }: SessionHandle,
  { file, digests }: { readonly file: FileHandle; readonly digests: SavedDigests },
  context: UploadContext,
): Promise<SavedDigests> {
  const { source } = record;
  if (isUntouched(source, await lookAgain(source))) return digests;
  await confirmParts(record, context);
  return digests.md5 === null ? digests : await hashSource(record, file, context);
}

/**
 * Reads the sent parts again and compares their checksums.
 * @throws UploadError `source_changed` naming the first part that differs
 */
export async function confirmParts(record: SessionRecord, { deps }: UploadContext): Promise<void> {
  const { source } = record;
  const file = await openFile(source.path);

  try {
    const { bytes } = describe(source.path, await file.stat({ bigint: true }));
    refuseOtherSize(record, bytes);
    const [first] = await changedParts(record, file, deps);
    if (first) throw partChanged(record, first);
  } finally {
    await file.close();
  }
}

/**
 * Hashes the bytes to be uploaded while `meanwhile` runs. A failure of `meanwhile` stops the
 * hashing.
 * @throws UploadError, what `meanwhile` throws, or the signal's reason
 */
export async function hashSource(
  { source: { path, bytes } }: Pick<SessionRecord, 'source'>,
  { fd }: FileHandle,
  { deps, timeSpent }: UploadContext,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Digests> {
  const hashing = deps.hashFile({ fd, path, bytes });

  try {
    await meanwhile();
    deps.onEvent({ type: 'phase', phase: 'hashing' });
    const since = deps.clock.monotonic();
    const digests = await untilAborted(hashing.digests, deps.signal);
    timeSpent.onAll('md5', deps.clock.monotonic() - since);
    return digests;
  } finally {
    await hashing.stop();
  }
}

/**
 * Inspects the source of a session, which can go on once a missing file is back.
 * @throws as `inspectFile`
 */
async function lookAgain({ path }: SessionRecord['source']): Promise<SourceFile> {
  return await lookAt(path).catch((error: unknown) => {
    if (!isUploadError(error) || error.code !== 'source_not_found') throw error;
    const message = `${error.message} any more`;
    throw error.with({ message, hint: 'Put it back: what the server has acknowledged is saved.' });
  });
}

/**
 * Returns why a session cannot go on, if its source has changed, or is gone with its spool.
 * @throws as `openSource`
 */
export async function sourceObstacle(
  session: Pick<SessionHandle, 'record' | 'update'>,
  deps: Pick<Dependencies, 'signal' | 'onEvent' | 'clock'>,
): Promise<string | undefined> {
  try {
    const source = await openSource(session, { reuploadChanged: false }, deps);
    await source.close();
    return undefined;
  } catch (error) {
    if (!isUploadError(error)) throw error;
    const isGone = error.code === 'source_not_found' && session.record.cutFrom !== null;
    if (error.code === 'source_changed' || isGone) return error.message;
    throw error;
  }
}

export async function changedParts(
  record: SessionRecord,
  file: FileHandle,
  { signal, clock }: Pick<Dependencies, 'signal' | 'clock'>,
): Promise<readonly RecordedPart[]> {
  const { path } = record.source;
  const changed: RecordedPart[] = [];

  for (const part of record.parts) {
    signal.throwIfAborted();
    const checksum = await partChecksumOf(readRange(file, part, { path, clock }));
    if (checksum !== part.checksum) changed.push(part);
  }

  return changed;
}

function partChanged(record: SessionRecord, range: Range): UploadError {
  const { path } = record.source;
  const parts = countParts(record.source.bytes, record);
  const where = `part ${range.index + 1}${parts === null ? '' : ` of ${parts}`}, bytes ${range.offset} to ${range.offset + range.length - 1}`;

  const message = `${path} changed after it was sent: ${where}`;
  const canReuploadChanged = record.status !== 'completing';
  const advice = canReuploadChanged
    ? hint`Push it again for a new upload, or resume with ${option('reuploadChanged', true)} to send only the parts that changed.`
    : 'Push it again for a new upload: this one may have been completed before.';

  return new UploadError('source_changed', { message, hint: advice }, { path, canReuploadChanged });
}

/** @throws UploadError `source_changed` */
function refuseOtherSize({ source }: SessionRecord, bytes: number): void {
  if (bytes === source.bytes) return;
  const message = `${source.path} has changed: it had ${source.bytes} bytes when the upload was created, now it has ${bytes}`;
  throw new UploadError(
    'source_changed',
    { message, hint: 'Push it again: the size of an upload is fixed.' },
    { path: source.path },
  );
}
