import { namedLine } from './lines.ts';
import type { ExpectedUpload, ProgressView, ViewOutput } from './progress-view.ts';

/** Without progress: only the lines that it is given. */
export function createLinesOnlyView({ write }: ViewOutput): ProgressView {
  const nothing = () => undefined;
  let uploads: readonly ExpectedUpload[] = [];
  return {
    expect(expected) {
      uploads = expected;
    },
    line: (text, index) => write(`${namedLine(text, uploads, index)}\n`),
    onEvent: nothing,
    failed: nothing,
    aside: (writeElsewhere) => writeElsewhere(),
    stop: nothing,
  };
}
