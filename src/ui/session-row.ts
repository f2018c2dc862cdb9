import type { SessionSummary } from '../model/session.ts';
import { escapeControl } from './escape-control.ts';
import { sentPercent } from './format-session.ts';

/** A session for `cut` and `awk`: fields with tabs between them, nothing cut off, none empty. Fields are only ever added at the end. */
export function sessionRow(session: SessionSummary): string {
  const { uploadId, filename, status, timeLeftMs, acknowledgedBytes, bytes, path } = session;
  const secondsLeft = timeLeftMs === null ? '-' : Math.floor(timeLeftMs / 1000);
  const fields = [
    uploadId,
    filename,
    sentPercent(session),
    status,
    secondsLeft,
    acknowledgedBytes,
    bytes,
    path,
  ];
  return fields.map((field) => escapeControl(String(field))).join('\t');
}
