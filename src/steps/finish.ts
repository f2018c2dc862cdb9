import { UploadError } from '../model/errors.ts';
import type { FileObject, UploadResult } from '../model/upload.ts';
import { planRanges } from '../plan/ranges.ts';
import type { Session } from '../sessions/session.ts';
import type { Run } from './run.ts';

interface End {
  readonly file: FileObject;
  readonly bytesSent: number;
  /** Left out when nothing had to be sent. */
  readonly partsResumed?: number;
}

/** Saves the file and tells what came of it all. @throws UploadError `integrity` when the server's file has another size */
export function finish(session: Session, { file, bytesSent, partsResumed }: End, run: Run): UploadResult {
  const { uploadId, filename, purpose, md5, source, partBytes } = session.record;
  if (typeof file.bytes === 'number' && file.bytes !== source.bytes) {
    session.update({ status: 'cancelled' });
    const message = `the server's file ${file.id} has ${file.bytes} bytes, the source has ${source.bytes}`;
    throw new UploadError('integrity', { message, hint: `Delete ${file.id} and push again.` });
  }
  if (session.record.status !== 'completed') session.update({ status: 'completed', file });
  const parts = planRanges(source.bytes, partBytes).length;
  const result: UploadResult = {
    uploadId,
    fileId: file.id,
    filename,
    path: source.path,
    bytes: source.bytes,
    purpose,
    md5,
    parts,
    partsResumed: partsResumed ?? parts,
    bytesSent,
    retries: run.retries(),
    seconds: (run.deps.clock.monotonic() - run.startedAt) / 1000,
    file,
  };
  run.deps.onEvent({ type: 'completed', result });
  return result;
}
