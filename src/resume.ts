import type { Dependencies } from './dependencies.ts';
import { isUploadError } from './model/errors.ts';
import type { UploadResult } from './model/upload.ts';
import type { ResumeOptions } from './options.ts';
import type { Session } from './sessions/session.ts';
import { completeUpload, findLostFile, findOrThrow } from './steps/complete-upload.ts';
import { finish } from './steps/finish.ts';
import { confirmSource, openSource } from './steps/open-source.ts';
import { boundBy, explain, type Run, startRun } from './steps/run.ts';
import { openSaved, refuseClosed, refuseOtherServer, saveClosing } from './steps/saved-session.ts';
import { sendMissing } from './steps/send-missing.ts';

/**
 * Continues a saved session to its end. An upload that is complete already is not sent again.
 * @throws UploadError; what the server has acknowledged stays saved
 */
export async function resume(
  uploadId: string,
  options: ResumeOptions,
  deps: Dependencies,
): Promise<UploadResult> {
  return resumeSession(openSaved(uploadId, deps), options, startRun(options, deps));
}

export async function resumeSession(
  session: Session,
  options: ResumeOptions,
  run: Run,
): Promise<UploadResult> {
  const { uploadId, source } = session.record;
  try {
    refuseOtherServer(session.record, run.deps);
    if (session.record.file !== null)
      return finish(session, { file: session.record.file, bytesSent: 0 }, run);
    if (session.record.status === 'completing') {
      const file = await findLostFile(session, run);
      if (file) return finish(session, { file, bytesSent: 0 }, run);
    }
    refuseClosed(session, run.deps);
    return await sendAndComplete(session, options, boundBy(run, session.record));
  } catch (error) {
    saveClosing(session, error);
    throw explain(error, run.deps, { uploadId, path: source.path });
  }
}

async function sendAndComplete(session: Session, options: ResumeOptions, run: Run): Promise<UploadResult> {
  const file = await openSource(session, { reuploadChanged: options.reuploadChanged ?? false });
  try {
    const partsResumed = session.record.parts.length;
    const { md5, bytesSent } = await sendMissing(session, file, run);
    await confirmSource(session);
    return finish(session, { file: await completeUpload(session, md5, run), bytesSent, partsResumed }, run);
  } catch (error) {
    // Some other run has completed it, and our record does not know.
    if (!isUploadError(error) || error.code !== 'upload_closed') throw error;
    return finish(session, { file: await findOrThrow(session, error, run), bytesSent: 0 }, run);
  } finally {
    await file.close();
  }
}
