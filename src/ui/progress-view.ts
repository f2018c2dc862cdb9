import type { UploadEvent } from '../model/events.ts';

/** What is known about an upload before it begins. */
export interface ExpectedUpload {
  /** What to call it until its file's name is known. */
  readonly name: string;
  /** Undefined when only the upload itself will tell. */
  readonly bytes: number | undefined;
}

/**
 * The part of an array that is used. Very many items need not exist at once: each can be made when it
 * is asked for.
 */
export type Listed<T> = Pick<readonly T[], 'length' | 'at'>;

/** How an upload or a check can end without an event of its own. */
export type EndOfUpload = 'completed' | 'failed' | 'skipped';

/** Takes what a run tells about its uploads. */
export interface UploadListener {
  /**
   * Announces all uploads before the first event. Without this call, there is one upload. Undefined
   * means that they are not known yet: `found` then announces each of them before its first event.
   */
  expect(uploads: Listed<ExpectedUpload> | undefined): void;
  found(index: number, upload: ExpectedUpload): void;
  /** No more uploads are announced, so their number is known. */
  foundAll(): void;
  /** `index` says which of several uploads the event is about. */
  onEvent(event: UploadEvent, index?: number): void;
  /** Says that an upload ended without an event of its own. What went wrong comes as lines. */
  ended(index: number, how: EndOfUpload): void;
}

/** Shows a run while it goes on. All views take the same events, and some show nothing. */
export interface ProgressView extends UploadListener {
  /**
   * Writes a line above whatever is being drawn. With an index, the line says which of several
   * uploads it is about.
   */
  line(text: string, index?: number): void;
  /** Lets other code write to the same screen, above whatever is being drawn. */
  aside(write: () => void): void;
  /**
   * Leaves the screen in the state that a shell expects. An upload that is still going on is drawn
   * again with its next event.
   */
  stop(): void;
}

/** Where a view writes, and the clock that it uses. */
export interface ViewOutput {
  readonly write: (text: string) => void;
  /** Milliseconds since any fixed point. */
  readonly now: () => number;
}

/** A terminal that can move its cursor. */
export interface Screen extends ViewOutput {
  readonly columns: () => number;
  readonly rows: () => number;
  /** Calls back whenever the size has changed. @returns a function that stops that */
  readonly onResize: (listener: () => void) => () => void;
}

/** How progress is shown. `auto` depends on what stderr is. */
export const PROGRESS_MODES = ['auto', 'bar', 'plain', 'json', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];
