import type { Progress, UploadEvent } from '../model/events.ts';
import { formatPhase, formatSpooling } from './format.ts';
import type { ExpectedUpload } from './progress-view.ts';
import { createSpeedometer, type Speedometer } from './speed.ts';

/** The state of an upload, as far as its events give it. */
export interface TrackedUpload {
  readonly name: string;
  readonly state: 'expected' | 'running' | 'completed' | 'failed';
  /** What it does beside sending; empty while it sends. */
  readonly phase: string;
  /** Undefined until it is known. */
  readonly bytes: number | undefined;
  readonly progress: Progress | undefined;
  readonly measure: Speedometer;
}

/** All uploads of a run together. */
export interface Totals {
  readonly files: number;
  readonly completed: number;
  readonly failed: number;
  /** Undefined as long as the bytes of some file are not known. */
  readonly totalBytes: number | undefined;
  /** In this, bytes that are not known count as none. */
  readonly progress: Progress;
}

/**
 * Keeps the state of several uploads, as their events give it, for views that show it now and then.
 */
export interface UploadsTracker {
  expect(uploads: readonly ExpectedUpload[]): void;
  onEvent(event: UploadEvent, index: number): void;
  failed(index: number): void;
  readonly uploads: readonly TrackedUpload[];
  totals(): Totals;
}

export function trackUploads(): UploadsTracker {
  let uploads: TrackedUpload[] = [newUpload({ name: '', bytes: undefined })];
  const change = (index: number, changes: Partial<TrackedUpload>) => {
    const upload = uploads[index] ?? newUpload({ name: '', bytes: undefined });
    uploads[index] = { ...upload, ...changes };
  };
  return {
    get uploads() {
      return uploads;
    },
    totals: () => sum(uploads),
    expect(expected) {
      uploads = expected.map(newUpload);
    },
    onEvent(event, index) {
      const isOver = uploads[index]?.state === 'failed' || uploads[index]?.state === 'completed';
      if (isOver && (event.type === 'phase' || event.type === 'progress')) return;

      if (event.type === 'phase') {
        change(index, { state: 'running', phase: event.phase === 'sending' ? '' : formatPhase(event.phase) });
      }
      if (event.type === 'spooling') {
        change(index, { state: 'running', name: event.filename, phase: formatSpooling(event.bytes) });
      }

      if (event.type === 'started') {
        const { filename: name, bytes } = event;
        const progress = progressAtStart(event);
        change(index, { state: 'running', name, bytes, progress, phase: '', measure: createSpeedometer() });
      }

      if (event.type === 'progress') change(index, { state: 'running', progress: event });

      if (event.type === 'completed') {
        const { filename: name, bytes, bytesSent } = event.result;
        const { parts, retries } = event.result;
        const all = { totalBytes: bytes, acknowledgedBytes: bytes, resumedBytes: bytes - bytesSent };
        const counts = { parts, acknowledgedParts: parts, retries };
        const progress = { ...all, inFlightBytes: 0, ...counts, bytesPerSecond: null, restMs: null };
        change(index, { state: 'completed', name, bytes, progress });
      }
    },
    failed(index) {
      // What it has sent stays sent, and no more of it will come.
      const progress = uploads[index]?.progress;
      const bytes = progress?.acknowledgedBytes ?? 0;
      const stopped = progress && { ...progress, totalBytes: bytes, inFlightBytes: 0 };
      change(index, { state: 'failed', bytes, progress: stopped });
    },
  };
}

function newUpload({ name, bytes }: ExpectedUpload): TrackedUpload {
  return { name, bytes, state: 'expected', phase: '', progress: undefined, measure: createSpeedometer() };
}

function progressAtStart(event: Extract<UploadEvent, { type: 'started' }>): Progress {
  const { bytes, bytesResumed, parts, partsResumed } = event;
  return {
    totalBytes: bytes,
    acknowledgedBytes: bytesResumed,
    resumedBytes: bytesResumed,
    inFlightBytes: 0,
    parts,
    acknowledgedParts: partsResumed,
    retries: 0,
    bytesPerSecond: null,
    restMs: null,
  };
}

function sum(uploads: readonly TrackedUpload[]): Totals {
  const add = (numberOf: (upload: TrackedUpload) => number | undefined) =>
    uploads.reduce((total, upload) => total + (numberOf(upload) ?? 0), 0);
  const inState = (state: TrackedUpload['state']) => add((upload) => (upload.state === state ? 1 : 0));
  const totalBytes = add(({ bytes }) => bytes);

  return {
    files: uploads.length,
    completed: inState('completed'),
    failed: inState('failed'),
    totalBytes: uploads.some(({ bytes }) => bytes === undefined) ? undefined : totalBytes,
    progress: {
      totalBytes,
      acknowledgedBytes: add(({ progress }) => progress?.acknowledgedBytes),
      resumedBytes: add(({ progress }) => progress?.resumedBytes),
      inFlightBytes: add(({ progress }) => progress?.inFlightBytes),
      parts: add(({ progress }) => progress?.parts ?? 0),
      acknowledgedParts: add(({ progress }) => progress?.acknowledgedParts),
      retries: add(({ progress }) => progress?.retries),
      bytesPerSecond: null,
      restMs: null,
    },
  };
}
