import { basename } from 'node:path';
import type {
  NextStep,
  RepushOptions,
  SessionDetails,
  SessionSummary,
  SourceState,
} from '../model/session.ts';
import { partSpans } from '../plan/part-spans.ts';
import { missingRanges, planRanges, totalLength } from '../plan/ranges.ts';
import { contentBytes } from '../plan/slices.ts';
import type { SessionRecord } from '../sessions/record.ts';
import type { StoredRecord } from '../sessions/records.ts';
import { STREAM_PATH } from '../upload/shown-path.ts';
import { describeSession } from './describe-session.ts';
import type { LocalDependencies } from './local-dependencies.ts';
import { getSourceState } from './source-state.ts';

/** A saved session in full: what is missing, what has become of its source, what is left to do. */
export async function describeDetails(saved: StoredRecord, deps: LocalDependencies): Promise<SessionDetails> {
  const { record } = saved;
  const session = await describeSession(saved, deps);
  const source = await getSourceState(record);
  const next = nextStep(session, source);
  const missing = missingRanges(planRanges(contentBytes(record), record.partBytes), record.parts);
  return {
    ...session,
    mimeType: record.mimeType,
    md5: record.md5,
    missing: partSpans(missing),
    missingBytes: totalLength(missing),
    source,
    next,
    // A push of the whole file would be another upload.
    repush: next === 'push' && record.slices === null ? await repushOptions(record) : null,
  };
}

function nextStep({ status, restartedAs, lockedBy, path }: SessionSummary, source: SourceState): NextStep {
  if (status === 'completed' || restartedAs !== null) return 'none';
  if (lockedBy !== null) return 'wait';
  // Its file may be there already; then the source is not needed any more.
  if (status === 'completing') return 'resume';
  // What came from a stream cannot be put back.
  if (source === 'missing' && path === STREAM_PATH) return 'push';
  if (source === 'missing' || source === 'unreadable') return 'source';
  if (status === 'expired') return 'restart';
  // The size of an upload is fixed.
  return status === 'cancelled' || source === 'changed' ? 'push' : 'resume';
}

/** Most sessions need no push, and then the table of types need not be loaded. */
async function repushOptions(record: SessionRecord): Promise<RepushOptions> {
  const { mimeTypeOf } = await import('../preflight/mime-type.ts');
  const { source, filename, purpose, mimeType, fileLifetimeSeconds, wantsMd5 } = record;
  return {
    purpose,
    ...(filename !== basename(source.path) && { filename }),
    ...(mimeType !== (await mimeTypeOf(filename)) && { mimeType }),
    ...(fileLifetimeSeconds !== null && { expiresAfterSeconds: fileLifetimeSeconds }),
    ...(!wantsMd5 && { md5: false as const }),
  };
}
