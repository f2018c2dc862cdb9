import { resolve } from 'node:path';
import { concernsAll, isUploadError, UploadError } from '../model/errors.ts';
import type { TransferOptions } from '../options/options.ts';
import { glanceAt, openFile, type SourceFile } from '../source/inspect-file.ts';
import { createContext } from '../upload/context.ts';
import type { Dependencies } from '../upload/dependencies.ts';
import { hashSource } from '../upload/open-source.ts';
import { push } from '../upload/push.ts';
import type { uploadMany } from '../upload/push-many.ts';
import type { PushItem } from '../upload/uploader.ts';
import type { openDoneFiles } from './done-files.ts';
import { thereAllTheSame } from './job-journal.ts';
import { entryOf, resultOf } from './journal-entry.ts';
import type { JobHead } from './read-job.ts';

interface Work {
  readonly head: JobHead;
  readonly done: Awaited<ReturnType<typeof openDoneFiles>>;
  readonly cwd: string;
  readonly options: TransferOptions;
  readonly deps: Dependencies;
}

type Own = Parameters<Parameters<typeof uploadMany>[0]['upload']>[1];

/**
 * Pushes one file of a job and writes its line, unless an earlier run has done so.
 * @throws like `push`
 */
export async function pushFile(item: PushItem, own: Own, work: Work) {
  const { source: given } = item;
  if (item.error !== undefined) {
    if (!item.isUnsuitable) await addFailure({ path: String(given) }, item.error, work.done);
    throw item.error;
  }
  if (typeof given !== 'string')
    throw new UploadError('usage', { message: 'a job takes paths, and no data' });
  const path = resolve(work.cwd, given);
  // Describes the file before the push. If it changes meanwhile, the next run compares its bytes.
  const source = glanceAt(path);
  const before = source && (await findSame({ ...item, source: given }, source, own, work));
  if (before) {
    own.onEvent({ type: 'completed', result: before });
    return before;
  }

  const deps = work.deps.with(own);
  const isFirst = work.done.isFirst(given);
  const options = { ...work.options, ...item.options };
  const manifest = isFirst ? work.head.manifest : undefined;
  const result = await push(path, options, deps, manifest).catch(async (error) => {
    await addFailure({ path: given }, error, work.done);
    throw error;
  });
  const line = { ...entryOf(result), path: given, modified_ns: source?.modifiedNs };
  await work.done.add(line).catch((error) => {
    throw thereAllTheSame(error, result.fileId, result.uploadId);
  });
  return result;
}

/** Adds a line for an error that concerns only this file or piece. */
export async function addFailure(
  subject: { readonly path: string; readonly piece?: object },
  error: unknown,
  { add }: { readonly add: (line: object) => Promise<void> },
): Promise<void> {
  if (!isUploadError(error) || concernsAll(error.code)) return;
  const { code, message, uploadId = null } = error;
  // Ignore write errors here; the error to report is the one of the file.
  const line = { v: 1, status: 'failed', ...subject, upload_id: uploadId, error: { code, message } };
  await add(line).catch(() => undefined);
}

/** Returns the file that an earlier run has created, unless its source has changed since. */
export function findDone({ source: given, options, error }: PushItem, { cwd, done }: Work) {
  const entry = error === undefined && typeof given === 'string' ? done.find(given) : undefined;
  if (entry === undefined || entry.purpose !== options.purpose) return undefined;

  const source = glanceAt(resolve(cwd, entry.path));
  const isSame = source?.bytes === entry.bytes && source.modifiedNs === entry.modified_ns;
  return isSame ? resultOf(entry, source.path) : undefined;
}

/** Does the same for a source whose time has changed, if its bytes have not. */
async function findSame(
  { source: given, options: { purpose } }: PushItem & { readonly source: string },
  source: SourceFile,
  own: Own,
  work: Work,
) {
  const entry = work.done.find(given);
  if (entry === undefined || entry.bytes !== source.bytes || entry.purpose !== purpose) return undefined;
  if (entry.md5 === null) return undefined;

  const { md5, sha256 } = await digestsOf(source, own, work);
  if (md5 !== entry.md5 || (entry.sha256 ?? sha256) !== sha256) return undefined;

  await work.done.add({ ...entry, modified_ns: source.modifiedNs });
  return resultOf(entry, source.path);
}

async function digestsOf(source: SourceFile, own: Own, { options, ...work }: Work) {
  const deps = work.deps.with(own);
  const context = createContext(options, deps);
  const file = await openFile(source.path);
  try {
    return await hashSource({ source }, file, context);
  } finally {
    context.slot.release();
    await file.close();
  }
}
