import type { UploadEvent } from '../model/events.ts';

/** What is known of an upload before it begins. */
export interface ExpectedUpload {
  /** What to call it until its file's name is known. */
  readonly name: string;
  /** Undefined where only the upload itself will tell. */
  readonly bytes: number | undefined;
}

/** How an upload, or a check, can be over beside with its event. */
export type EndOfUpload = 'completed' | 'failed' | 'skipped';

/**
 * Something that shows a run while it goes on. All of them take the same events; some show nothing.
 */
export interface ProgressView {
  /**
   * All that is going to be uploaded, before the first event. Untold, it is one upload. Undefined
   * when it is not known yet: then `found` tells each before its first event.
   */
  expect(uploads: readonly ExpectedUpload[] | undefined): void;
  found(index: number, upload: ExpectedUpload): void;
  /** `index`: which of several uploads it is about. */
  onEvent(event: UploadEvent, index?: number): void;
  /** That upload is over without an event of its own. What went wrong comes as lines. */
  ended(index: number, how: EndOfUpload): void;
  /**
   * Writes a line above whatever is being drawn; with an index, one that says which of several
   * uploads it is about.
   */
  line(text: string, index?: number): void;
  /** Lets something be written to the same screen by others, above whatever is being drawn. */
  aside(write: () => void): void;
  /**
   * Leaves the screen as a shell expects it. What is still going on is drawn again with its next
   * event.
   */
  stop(): void;
}

/** Where a view writes, and by which clock it measures. */
export interface ViewOutput {
  readonly write: (text: string) => void;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

/** A terminal that can move its cursor. */
export interface Screen extends ViewOutput {
  readonly columns: () => number;
  readonly rows: () => number;
  /** Calls back whenever the size has changed. @returns what ends that */
  readonly onResize: (listener: () => void) => () => void;
}

/** How progress is shown; `auto` looks at what stderr is. */
export const PROGRESS_MODES = ['auto', 'bar', 'plain', 'json', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];
