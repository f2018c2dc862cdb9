import { UploadError } from '../model/errors.ts';
import type { UploadResult } from '../model/upload.ts';
import type { Content } from '../sessions/ledger-entry.ts';
import { inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import type { UploadContext } from './context.ts';
import { findUploaded, type Uploaded } from './find-uploaded.ts';
import { hashSource } from './hash-source.ts';
import { describeSpoolError, shownPath } from './shown-path.ts';
import type { UploadSpec } from './upload-spec.ts';

/**
 * Gives the file that the same bytes have made before, as long as the server has it; else has them pushed, while this process
 * alone may. Whoever waited for another process finds its file.
 * @throws as `findUploaded`, `hashSource` and `push`; UploadError `session_locked`
 */
export async function pushUnlessUploaded(
  asked: UploadSpec,
  context: UploadContext,
  push: (spec: UploadSpec & { readonly md5: string }, context: UploadContext) => Promise<UploadResult>,
): Promise<UploadResult> {
  const spec = await withMd5(asked, context).catch((error: unknown) => {
    throw describeSpoolError(error, asked);
  });
  const { baseUrl, organization, project } = context.deps.connection;
  const { md5, purpose } = spec;
  const content: Content = { md5, bytes: spec.source.bytes, purpose, baseUrl, organization, project };
  const look = () => findUploaded(content, spec.fileLifetimeSeconds, context);
  const before = await look();
  if (before) return emitAlreadyUploaded(before, spec, context);
  const subject = `the bytes of ${shownPath(spec)}`;
  const lock = await context.deps.sessions.ledger.lock(content, subject, context.lockWait);
  try {
    const meanwhile = await look();
    if (meanwhile) return emitAlreadyUploaded(meanwhile, spec, context);
    return await push(spec, { ...context, assertAlone: lock.assertHeld });
  } finally {
    await lock.release();
  }
}

/** The MD5 of the file as it was when it was inspected. @throws UploadError `source_changed` when it is another by now */
async function withMd5(
  spec: UploadSpec,
  context: UploadContext,
): Promise<UploadSpec & { readonly md5: string }> {
  const { path } = spec.source;
  const file = await openFile(path);
  try {
    const md5 = await hashSource(spec, file, context);
    if (isUntouched(spec.source, await inspectFile(path))) return { ...spec, md5 };
    const message = `${path} was changed while it was read`;
    const hint = 'Push it again once nothing writes to it any more.';
    throw new UploadError('source_changed', { message, hint }, { path });
  } finally {
    await file.close();
  }
}

function emitAlreadyUploaded(
  { uploadId, file }: Uploaded,
  spec: UploadSpec & { md5: string },
  context: UploadContext,
): UploadResult {
  const { filename, purpose, md5, source } = spec;
  const result: UploadResult = {
    uploadId,
    fileId: file.id,
    filename: file.filename ?? filename,
    path: shownPath(spec),
    bytes: source.bytes,
    purpose,
    md5,
    parts: 0,
    partsResumed: 0,
    bytesSent: 0,
    retries: context.retries(),
    seconds: (context.deps.clock.monotonic() - context.startedAt) / 1000,
    bottleneck: null,
    alreadyUploaded: true,
    file,
  };
  context.deps.onEvent({ type: 'completed', result });
  return result;
}
