import type { SessionDetails, SessionSummary } from '../../src/model/session-summary.ts';

/** A session of 200 MB in 16 parts, half of them acknowledged, an hour to go. */
export function savedSessionOf(changes: Partial<SessionSummary> = {}): SessionSummary {
  return {
    uploadId: 'upload_f15a7f7fc5e8c42d7614087d',
    status: 'pending',
    filename: 'big.jsonl',
    path: '/data/big.jsonl',
    isSlices: false,
    spool: null,
    purpose: 'batch',
    bytes: 200_000_000,
    partBytes: 12_500_000,
    parts: 16,
    acknowledgedParts: 8,
    acknowledgedBytes: 100_000_000,
    createdAt: 1_900_000_000,
    beganAtMs: 1_900_000_000_000,
    expiresAt: 1_900_003_600,
    timeLeftMs: 3_591_400,
    fileId: null,
    baseUrl: 'https://api.openai.com/v1',
    organization: null,
    project: null,
    differsIn: [],
    lockedBy: null,
    manifest: null,
    restartedAs: null,
    recordPath: '/state/upload_f15a7f7fc5e8c42d7614087d.json',
    ...changes,
  };
}

export function sessionDetailsOf(changes: Partial<SessionDetails> = {}): SessionDetails {
  return {
    ...savedSessionOf(changes),
    mimeType: 'text/jsonl',
    md5: null,
    missing: [
      { first: 3, last: 3 },
      { first: 7, last: 13 },
    ],
    missingBytes: 100_000_000,
    source: 'same',
    next: 'resume',
    repush: null,
    ...changes,
  };
}
