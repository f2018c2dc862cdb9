import type { Progress } from '../model/events.ts';
import { formatPhase, formatSpooling } from './format.ts';
import type { EndOfUpload, ExpectedUpload, Listed, UploadListener } from './progress-view.ts';
import { add, createSpeedometer, NOTHING, type Speedometer, shareOf, type Workload } from './speed.ts';

/** A running upload, as far as its events describe it. */
export interface TrackedUpload {
  readonly name: string;
  /** What it does instead of sending; empty while it sends. */
  readonly phase: string;
  /** Undefined until it is known. */
  readonly bytes: number | undefined;
  readonly progress: Progress | undefined;
  readonly measure: Speedometer;
}

/** All uploads of a run together. In `progress`, an unknown number of bytes counts as 0. */
export interface Totals extends Workload {
  /** The number of files that are known so far. */
  readonly files: number;
  readonly completed: number;
  readonly failed: number;
}

/** Keeps the state of several uploads from their events, for views that show it now and then. */
export interface UploadsTracker extends UploadListener {
  /** Whether there is only one upload, whose name the user already knows. */
  readonly isSingle: boolean;
  /** Undefined before the upload has begun, and when it is over. */
  get(index: number): TrackedUpload | undefined;
  /** Undefined when the upload is over and was not expected. */
  nameOf(index: number): string | undefined;
  /** Returns the running uploads in the order in which they began. */
  running(): readonly TrackedUpload[];
  totals(): Totals;
}

const NONE_OVER = { completed: 0, failed: 0, before: 0, progress: NOTHING };

/**
 * Can track any number of uploads: only numbers are kept of those that are over, and those that
 * have not begun cost nothing to look at.
 */
export function trackUploads(): UploadsTracker {
  let expected: Listed<ExpectedUpload> = [{ name: '', bytes: undefined }];
  let hasBegun = new Uint8Array(expected.length);
  /** Those that were found and have not begun. */
  const ahead = new Map<number, ExpectedUpload>();
  let waitingBytes = 0;
  let unknownSizes = 1;
  let running = new Map<number, TrackedUpload>();
  let files = 1;
  let isSingle = true;
  let isOpen = false;
  let over = NONE_OVER;

  const count = ({ bytes }: ExpectedUpload, sign: 1 | -1) => {
    if (bytes === undefined) unknownSizes += sign;
    else waitingBytes += sign * bytes;
  };
  /** Returns undefined when the upload is not waiting. */
  const takeWaiting = (index: number): ExpectedUpload | undefined => {
    const found = ahead.get(index);
    ahead.delete(index);
    if (found || hasBegun[index] !== 0) return found;
    hasBegun[index] = 1;
    return expected.at(index);
  };
  /** Returns undefined when the upload is over. */
  const begin = (index: number): TrackedUpload | undefined => {
    const upload = takeWaiting(index);
    if (upload === undefined) return running.get(index);
    count(upload, -1);
    const { name, bytes } = upload;
    const begun = { name, bytes, phase: '', progress: undefined, measure: createSpeedometer() };
    running.set(index, begun);
    return begun;
  };
  const change = (index: number, changes: Partial<TrackedUpload>) => {
    const upload = begin(index);
    if (upload !== undefined) running.set(index, { ...upload, ...changes });
  };
  const end = (index: number, how: EndOfUpload, progress = NOTHING, isBefore = false) => {
    if (begin(index) === undefined) return;
    running.delete(index);
    if (how === 'skipped') files -= 1;
    else {
      const before = over.before + (isBefore ? 1 : 0);
      over = { ...over, [how]: over[how] + 1, before, progress: add(over.progress, progress) };
    }
  };

  return {
    get isSingle() {
      return isSingle;
    },
    get: (index) => running.get(index),
    nameOf: (index) => (running.get(index) ?? ahead.get(index) ?? expected.at(index))?.name,
    running: () => [...running.values()],
    totals() {
      const { completed, failed, before } = over;
      const all = [...running.values()];
      const progress = all.reduce(
        (total, upload) => add(total, { ...(upload.progress ?? NOTHING), totalBytes: upload.bytes ?? 0 }),
        add(over.progress, { ...NOTHING, totalBytes: waitingBytes }),
      );
      const isKnown = unknownSizes === 0 && all.every(({ bytes }) => bytes !== undefined);
      const shares = isKnown ? all.reduce((sum, upload) => sum + shareOf(upload.progress), 0) : 0;
      return {
        files,
        isOpen,
        completed,
        failed,
        filesWorked: completed + failed - before + shares,
        filesLeft: files - completed - failed - shares,
        totalBytes: isKnown ? progress.totalBytes : undefined,
        progress,
      };
    },
    expect(uploads) {
      expected = uploads ?? [];
      hasBegun = new Uint8Array(expected.length);
      ahead.clear();
      [waitingBytes, unknownSizes] = [0, 0];
      for (let index = 0; index < expected.length; index += 1) {
        const upload = expected.at(index);
        if (upload) count(upload, 1);
      }
      running = new Map();
      files = expected.length;
      isSingle = files === 1;
      isOpen = uploads === undefined;
      over = NONE_OVER;
    },
    found(index, upload) {
      ahead.set(index, upload);
      count(upload, 1);
      files += 1;
    },
    foundAll() {
      isOpen = false;
    },
    onEvent(event, index = 0) {
      if (event.type === 'phase')
        change(index, { phase: event.phase === 'sending' ? '' : formatPhase(event.phase) });
      if (event.type === 'spooling')
        change(index, { name: event.filename, phase: formatSpooling(event.bytes) });

      if (event.type === 'started') {
        const { filename: name, bytes, bytesResumed, parts, partsResumed } = event;
        const resumed = { acknowledgedBytes: bytesResumed, resumedBytes: bytesResumed };
        const progress = {
          ...NOTHING,
          ...resumed,
          totalBytes: bytes,
          parts,
          acknowledgedParts: partsResumed,
        };
        change(index, { name, bytes, progress, phase: '', measure: createSpeedometer() });
      }

      if (event.type === 'progress') change(index, { progress: event });

      if (event.type === 'completed') {
        const { bytes, bytesSent, parts, retries, alreadyUploaded } = event.result;
        const all = { totalBytes: bytes, acknowledgedBytes: bytes, resumedBytes: bytes - bytesSent };
        const progress = { ...NOTHING, ...all, parts, acknowledgedParts: parts, retries };
        // What an earlier run did takes no time, so it says nothing about the speed.
        end(index, 'completed', progress, bytesSent === 0 && !alreadyUploaded);
      }
    },
    ended(index, how) {
      // The bytes that it has sent stay counted, and no more will come.
      const progress = running.get(index)?.progress;
      const totalBytes = progress?.acknowledgedBytes ?? 0;
      end(index, how, progress && { ...progress, totalBytes, inFlightBytes: 0 });
    },
  };
}
