import { isUploadError } from '../model/errors.ts';
import type { SessionRecord } from '../sessions/record.ts';
import { callApi, timeLeftMs, type UploadContext } from './context.ts';

/**
 * Asks the server for its time when a session seems to have expired, and it has not told it in this
 * run: our clock may have been put right since the session was saved, or wrong. Any response tells
 * the time, also a refusal.
 * @throws UploadError when no response comes
 */
export async function askTime(record: SessionRecord, context: UploadContext): Promise<void> {
  const { api, serverClock } = context.deps;
  // Of one that may be complete the list is read in any case.
  if (record.status !== 'pending' || serverClock.isKnown() || timeLeftMs(record, context.deps) > 0) return;

  try {
    const call = { what: 'list', action: 'asking for the time' };
    await callApi(context, call, (options) => api.listFiles({ purpose: record.purpose }, options));
  } catch (error) {
    if (!isUploadError(error) || error.facts.httpStatus === undefined) throw error;
  }
}
