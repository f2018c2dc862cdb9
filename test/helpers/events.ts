import type { Progress, UploadEvent } from '../../src/model/events.ts';
import type { CheckResult, Issue } from '../../src/model/issue.ts';
import type { UploadResult } from '../../src/model/upload.ts';

type EventOf<T extends UploadEvent['type']> = Extract<UploadEvent, { type: T }>;

/** An upload of 100 MB in ten parts, four of them acknowledged, the fifth half sent. */
export function progressOf(changes: Partial<Progress> = {}): EventOf<'progress'> {
  return {
    type: 'progress',
    totalBytes: 100_000_000,
    acknowledgedBytes: 40_000_000,
    resumedBytes: 0,
    inFlightBytes: 5_000_000,
    parts: 10,
    acknowledgedParts: 4,
    retries: 0,
    bytesPerSecond: null,
    restMs: null,
    ...changes,
  };
}

export function startedOf(changes: Partial<EventOf<'started'>> = {}): EventOf<'started'> {
  return {
    type: 'started',
    uploadId: 'upload_1',
    path: '/data/a.jsonl',
    filename: 'a.jsonl',
    bytes: 100_000_000,
    parts: 10,
    partBytes: 10_000_000,
    concurrency: 4,
    partsResumed: 0,
    bytesResumed: 0,
    timeLeftMs: 3_600_000,
    ...changes,
  };
}

export function resultOf(changes: Partial<UploadResult> = {}): UploadResult {
  return {
    uploadId: 'upload_1',
    fileId: 'file-1',
    filename: 'a.jsonl',
    path: '/data/a.jsonl',
    bytes: 100_000_000,
    purpose: 'batch',
    md5: 'd41d8cd98f00b204e9800998ecf8427e',
    sha256: null,
    parts: 10,
    partsResumed: 0,
    bytesSent: 100_000_000,
    retries: 0,
    seconds: 20,
    bottleneck: null,
    alreadyUploaded: false,
    file: { id: 'file-1' },
    ...changes,
  };
}

export function issueOf(changes: Partial<Issue> = {}): Issue {
  return {
    severity: 'error',
    code: 'invalid_json',
    line: 41_873,
    column: 7,
    message: 'expected a colon, found "x"',
    hint: 'Fix it.',
    ...changes,
  };
}

/** A batch of 100 MB with nothing wrong in it. */
export function checkResultOf(changes: Partial<CheckResult> = {}): CheckResult {
  return {
    path: '/data/a.jsonl',
    bytes: 100_000_000,
    purpose: 'batch',
    lines: 1000,
    errors: [],
    errorCount: 0,
    warnings: [],
    warningCount: 0,
    ...changes,
  };
}
