import { isUploadError } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { callApi, timeLeftMs, type UploadContext } from './context.ts';

/**
 * Asks the server for its time when a session seems to have expired, and no response in this run
 * has told the time. Our clock may be wrong, or may have been corrected since the session was
 * saved. Any response tells the time, even a refusal.
 * @throws UploadError when no response comes
 */
export async function askTime(record: SessionRecord, context: UploadContext): Promise<void> {
  const { api, serverClock } = context.deps;
  // The list is read anyway when the upload may be complete.
  if (record.status !== 'pending' || serverClock.isKnown() || timeLeftMs(record, context.deps) > 0) return;

  try {
    const call = { what: 'list', action: 'asking for the time' };
    await callApi(context, call, (options) => api.listFiles({ purpose: record.purpose }, options));
  } catch (error) {
    if (!isUploadError(error) || error.facts.httpStatus === undefined) throw error;
  }
}
