import { basename } from 'node:path';
import type { Digests } from '../checksum/hash-file.ts';
import { type Account, differingFields } from '../model/account.ts';
import { UploadError } from '../model/errors.ts';
import { hint, option } from '../model/hint.ts';
import type { RepushOptions } from '../model/upload.ts';
import type { PushOptions } from '../options/options.ts';
import { DEFAULT_MIN_PART_BYTES, MAX_PARTS } from '../plan/ranges.ts';
import { checkFile } from '../preflight/check-file.ts';
import { mimeTypeOf } from '../preflight/mime-type.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { inspectFile, isUntouched, type SourceFile } from '../source/inspect-file.ts';

type RecordedSettings =
  | ('spool' | 'cutFrom' | 'manifest' | 'filename' | 'purpose' | 'mimeType')
  | ('fileLifetimeSeconds' | 'partBytes' | 'minPartBytes' | 'wantsMd5' | 'check');

/**
 * What is to be uploaded, under which name and purpose, and in which parts. Its record has the same
 * settings.
 */
export interface UploadSpec extends Pick<SessionRecord, RecordedSettings> {
  readonly source: SourceFile;
  /** Set when they were computed before the upload, from this exact state of the source. */
  readonly digests?: Digests;
}

/**
 * Inspects the file and fills in the settings that were left open.
 * @throws UploadError when the file or its parts are not acceptable
 */
export async function resolveSpec(
  path: string,
  options: PushOptions,
  spool: string | null = null,
): Promise<UploadSpec> {
  return await specFor({ source: await inspectSource(path), spool, cutFrom: null }, options);
}

/** Fills in the settings for content that was inspected before. @throws UploadError `usage` */
export async function specFor(
  content: Pick<UploadSpec, 'source' | 'spool' | 'cutFrom' | 'manifest'>,
  options: PushOptions,
): Promise<UploadSpec> {
  const { source } = content;
  const filename = options.filename ?? basename(source.path);
  const partBytes = options.partBytes ?? null;

  refuseTooManyParts(source, partBytes);

  return {
    ...content,
    filename,
    purpose: options.purpose,
    mimeType: options.mimeType ?? (await mimeTypeOf(filename)),
    fileLifetimeSeconds: options.expiresAfterSeconds ?? null,
    partBytes,
    minPartBytes: options.minPartBytes ?? DEFAULT_MIN_PART_BYTES,
    wantsMd5: options.md5 ?? true,
  };
}

/**
 * Restores the spec of a saved session, for the file as it is now.
 * @throws as `resolveSpec` and `refuseWithoutSpool`
 */
export async function specFromRecord(record: SessionRecord): Promise<UploadSpec> {
  refuseWithoutSpool(record);
  const { spool, cutFrom, manifest, filename, purpose, mimeType, fileLifetimeSeconds } = record;
  const { partBytes, minPartBytes, wantsMd5 } = record;
  const source = await inspectSource(record.source.path);
  refuseTooManyParts(source, partBytes);

  const content = { source, spool, cutFrom, manifest, filename, purpose, mimeType, fileLifetimeSeconds };
  const isSame = isUntouched(record.source, source);
  const check = record.check && (isSame ? record.check : 'due');
  const { md5, sha256 } = record;
  // Without them, a push of the same bytes would not find the file later.
  const digests = isSame && md5 && sha256 ? { md5, sha256 } : undefined;
  const settings = {
    partBytes,
    minPartBytes,
    wantsMd5,
    ...(check && { check }),
    ...(digests && { digests }),
  };
  return { ...content, ...settings };
}

function refuseTooManyParts({ path, bytes }: SourceFile, partBytes: number | null): void {
  if (partBytes === null || bytes / partBytes <= MAX_PARTS) return;
  const message = `${path} has more than ${MAX_PARTS} parts of ${partBytes} bytes`;
  throw new UploadError('usage', { message, hint: 'Choose a larger part size, or leave it out.' });
}

/** Returns the options for pushing the file of a session again. */
export async function repushOptions(record: SessionRecord): Promise<RepushOptions> {
  const { source, filename, purpose, mimeType, fileLifetimeSeconds, wantsMd5 } = record;
  return {
    purpose,
    ...(filename !== basename(source.path) && { filename }),
    ...(mimeType !== (await mimeTypeOf(filename)) && { mimeType }),
    ...(fileLifetimeSeconds !== null && { expiresAfterSeconds: fileLifetimeSeconds }),
    ...(!wantsMd5 && { md5: false as const }),
  };
}

/**
 * Inspects a file before its upload.
 * @throws as `inspectFile`, and UploadError `source_empty`, `source_too_large`
 */
export async function inspectSource(path: string): Promise<SourceFile> {
  const source = await inspectFile(path);
  checkFile(source);
  return source;
}

/**
 * Whether a session would make the file that the spec asks for. `partBytes` is not compared,
 * because a session keeps its own.
 */
export function isSameSpec(record: SessionRecord, spec: UploadSpec, connection: Account): boolean {
  return (
    isSameContent(record, spec) &&
    differingFields(record, connection).length === 0 &&
    record.purpose === spec.purpose &&
    record.filename === spec.filename &&
    record.mimeType === spec.mimeType &&
    record.fileLifetimeSeconds === spec.fileLifetimeSeconds
  );
}

/** A piece is recognized by its bytes, because each run writes it to a new spool. */
function isSameContent({ source, cutFrom }: SessionRecord, spec: UploadSpec): boolean {
  if (cutFrom === null || spec.cutFrom === null)
    return cutFrom === spec.cutFrom && source.path === spec.source.path;
  const { path, checksum, sha256 } = spec.cutFrom;
  const isSame = cutFrom.checksum === checksum && (cutFrom.sha256 ?? sha256) === sha256;
  return isSame && cutFrom.path === path && source.bytes === spec.source.bytes;
}

/**
 * Refuses a piece without a saved copy. Records before version 5 kept none.
 * @throws UploadError `source_changed`
 */
export function refuseWithoutSpool(record: Pick<SessionRecord, 'cutFrom' | 'spool' | 'filename'>): void {
  const { cutFrom, spool, filename } = record;
  if (cutFrom === null || spool !== null) return;
  const message = `${filename} was begun by a version that kept no copy of its lines, so it cannot continue`;
  const advice = hint`Push ${cutFrom.path} again with ${option('split')}.`;
  throw new UploadError('source_changed', { message, hint: advice }, { path: cutFrom.path });
}
