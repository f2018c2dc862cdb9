import { basename } from 'node:path';
import { UploadError } from '../model/errors.ts';
import type { PushOptions } from '../options/options.ts';
import { choosePartBytes, MAX_PARTS } from '../plan/part-size.ts';
import { contentBytes, type Slices } from '../plan/slices.ts';
import { checkFile } from '../preflight/check-file.ts';
import { mimeTypeOf } from '../preflight/mime-type.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { inspectFile, isUntouched, type SourceFile } from '../source/inspect-file.ts';
import { MAX_CONCURRENCY } from '../transfer/adaptive-concurrency.ts';

/** What the user wants uploaded, as what, and in which parts. */
export interface UploadSpec {
  readonly source: SourceFile;
  /** The name of the spool that it is, if it is one. */
  readonly spool: string | null;
  /** What of the source is to be uploaded, when it is not all of it. */
  readonly slices: Slices | null;
  /** The id of the manifest that its file goes into. */
  readonly manifest?: string | undefined;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly fileLifetimeSeconds: number | null;
  readonly partBytes: number;
  readonly wantsMd5: boolean;
  /** When it was computed before there was an upload, of the source as it is here. */
  readonly md5?: string;
  /** What of the preflight is done, as the record has it. */
  readonly check?: SessionRecord['check'];
}

/** Inspects the file and decides what is open. @throws UploadError when the file or its parts are no good */
export async function resolveSpec(
  path: string,
  options: PushOptions,
  spool: string | null = null,
): Promise<UploadSpec> {
  return await specFor({ source: await inspectSource(path), spool, slices: null }, options);
}

/** The same for what of a file is to be uploaded, which was looked at before. @throws UploadError `usage` */
export async function specFor(
  content: Pick<UploadSpec, 'source' | 'spool' | 'slices' | 'manifest'>,
  options: PushOptions,
): Promise<UploadSpec> {
  const { source } = content;
  const bytes = contentBytes(content);
  const filename = options.filename ?? basename(source.path);
  const mostAtOnce = options.concurrency ?? MAX_CONCURRENCY;
  const partBytes = options.partBytes ?? choosePartBytes(bytes, mostAtOnce);
  if (bytes / partBytes > MAX_PARTS) {
    const message = `parts of ${partBytes} bytes make more than ${MAX_PARTS} of ${source.path}`;
    throw new UploadError('usage', { message, hint: 'Choose a larger part size, or leave it out.' });
  }
  return {
    ...content,
    filename,
    purpose: options.purpose,
    mimeType: options.mimeType ?? (await mimeTypeOf(filename)),
    fileLifetimeSeconds: options.expiresAfterSeconds ?? null,
    partBytes,
    wantsMd5: options.md5 ?? true,
  };
}

/** The wish behind a saved session, for the file as it is now; of slices for the file that was cut. @throws as `describeWish` */
export async function specFromRecord(record: SessionRecord): Promise<UploadSpec> {
  const { source, spool, slices, check, filename, purpose, mimeType, fileLifetimeSeconds, partBytes } =
    record;
  const { wantsMd5, manifest } = record;
  const lifetime = fileLifetimeSeconds === null ? {} : { expiresAfterSeconds: fileLifetimeSeconds };
  const options = { filename, purpose, mimeType, ...lifetime, partBytes, md5: wantsMd5 };
  if (slices !== null) return await specFor({ source, spool, slices, manifest }, options);
  const spec = await resolveSpec(source.path, options, spool);
  if (check === undefined) return spec;
  return { ...spec, check: isUntouched(source, spec.source) ? check : 'due' };
}

/** Looks at a file that is to be uploaded. @throws as `inspectFile`, and UploadError `source_empty`, `source_too_large` */
export async function inspectSource(path: string): Promise<SourceFile> {
  const source = await inspectFile(path);
  checkFile(source);
  return source;
}
