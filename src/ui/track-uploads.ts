import type { Progress, UploadEvent } from '../model/events.ts';
import { formatPhase, formatSpooling } from './format.ts';
import type { ExpectedUpload } from './progress-view.ts';
import { createSpeedometer, type Speedometer } from './speed.ts';

/** The state of an upload, as far as its events give it. */
export interface TrackedUpload {
  readonly name: string;
  readonly state: 'expected' | 'running';
  /** What it does beside sending; empty while it sends. */
  readonly phase: string;
  /** Undefined until it is known. */
  readonly bytes: number | undefined;
  readonly progress: Progress | undefined;
  readonly measure: Speedometer;
}

/** All uploads of a run together. */
export interface Totals {
  /** Those that are known so far. */
  readonly files: number;
  /** Whether more may come: folders are still being read. */
  readonly isOpen: boolean;
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
  /** Undefined when nobody knows yet how many there are: then `found` tells each. */
  expect(uploads: readonly ExpectedUpload[] | undefined): void;
  found(index: number, upload: ExpectedUpload): void;
  onEvent(event: UploadEvent, index: number): void;
  failed(index: number): void;
  /** Whether it is about a single upload, which is known by name already. */
  readonly isSingle: boolean;
  /** Undefined when it is over. */
  get(index: number): TrackedUpload | undefined;
  /** Undefined when it is over and was not expected. */
  nameOf(index: number): string | undefined;
  running(): readonly TrackedUpload[];
  totals(): Totals;
}

const NOTHING: Progress = {
  totalBytes: 0,
  acknowledgedBytes: 0,
  resumedBytes: 0,
  inFlightBytes: 0,
  parts: 0,
  acknowledgedParts: 0,
  retries: 0,
  bytesPerSecond: null,
  restMs: null,
};

/** Of an upload that is over only the numbers are kept, so that there may be any number of them. */
export function trackUploads(): UploadsTracker {
  let uploads = new Map([[0, newUpload({ name: '', bytes: undefined })]]);
  let expectedNames: readonly string[] = [];
  let files = 1;
  let isOpen = false;
  let over = { completed: 0, failed: 0, progress: NOTHING };

  const change = (index: number, changes: Partial<TrackedUpload>) => {
    const upload = uploads.get(index);
    if (upload !== undefined) uploads.set(index, { ...upload, ...changes });
  };
  const end = (index: number, how: 'completed' | 'failed', progress: Progress | undefined) => {
    if (!uploads.delete(index)) return;
    over = { ...over, [how]: over[how] + 1, progress: add(over.progress, progress ?? NOTHING) };
  };

  return {
    get isSingle() {
      return files === 1 && !isOpen;
    },
    get: (index) => uploads.get(index),
    nameOf: (index) => uploads.get(index)?.name ?? expectedNames[index],
    running: () => [...uploads.values()].filter(({ state }) => state === 'running'),
    totals: () => ({ files, isOpen, ...sum([...uploads.values()], over) }),
    expect(expected) {
      uploads = new Map((expected ?? []).map((upload, index) => [index, newUpload(upload)]));
      expectedNames = (expected ?? []).map(({ name }) => name);
      files = uploads.size;
      isOpen = expected === undefined;
      over = { completed: 0, failed: 0, progress: NOTHING };
    },
    found(index, upload) {
      uploads.set(index, newUpload(upload));
      files += 1;
    },
    onEvent(event, index) {
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
        const { bytes, bytesSent, parts, retries } = event.result;
        const all = { totalBytes: bytes, acknowledgedBytes: bytes, resumedBytes: bytes - bytesSent };
        end(index, 'completed', { ...NOTHING, ...all, parts, acknowledgedParts: parts, retries });
      }
    },
    failed(index) {
      // What it has sent stays sent, and no more of it will come.
      const progress = uploads.get(index)?.progress;
      const totalBytes = progress?.acknowledgedBytes ?? 0;
      end(index, 'failed', progress && { ...progress, totalBytes, inFlightBytes: 0 });
    },
  };
}

function newUpload({ name, bytes }: ExpectedUpload): TrackedUpload {
  return { name, bytes, state: 'expected', phase: '', progress: undefined, measure: createSpeedometer() };
}

function progressAtStart(event: Extract<UploadEvent, { type: 'started' }>): Progress {
  const { bytes, bytesResumed, parts, partsResumed } = event;
  const acknowledged = { acknowledgedBytes: bytesResumed, acknowledgedParts: partsResumed };
  return { ...NOTHING, ...acknowledged, totalBytes: bytes, resumedBytes: bytesResumed, parts };
}

function sum(
  uploads: readonly TrackedUpload[],
  {
    progress: before,
    ...over
  }: { readonly completed: number; readonly failed: number; readonly progress: Progress },
): Omit<Totals, 'files' | 'isOpen'> {
  const progress = uploads.reduce(
    (total, upload) => add(total, { ...(upload.progress ?? NOTHING), totalBytes: upload.bytes ?? 0 }),
    before,
  );
  const isKnown = uploads.every(({ bytes }) => bytes !== undefined);
  return { ...over, totalBytes: isKnown ? progress.totalBytes : undefined, progress };
}

function add(one: Progress, other: Progress): Progress {
  return {
    totalBytes: one.totalBytes + other.totalBytes,
    acknowledgedBytes: one.acknowledgedBytes + other.acknowledgedBytes,
    resumedBytes: one.resumedBytes + other.resumedBytes,
    inFlightBytes: one.inFlightBytes + other.inFlightBytes,
    parts: (one.parts ?? 0) + (other.parts ?? 0),
    acknowledgedParts: one.acknowledgedParts + other.acknowledgedParts,
    retries: one.retries + other.retries,
    bytesPerSecond: null,
    restMs: null,
  };
}
