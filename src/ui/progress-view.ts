import type { UploadEvent } from '../model/events.ts';

/** Something that shows a run while it goes on. All of them take the same events; some show nothing. */
export interface ProgressView {
  /** `index`: which of several uploads it is about. */
  onEvent(event: UploadEvent, index?: number): void;
  /** Writes a line above whatever is being drawn. */
  line(text: string): void;
  /** Leaves the screen as a shell expects it. */
  stop(): void;
}

/** Where a view writes, and by which clock it measures. */
export interface ViewOutput {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}
