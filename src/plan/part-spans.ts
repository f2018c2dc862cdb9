import type { PartSpan } from '../model/session.ts';
import type { Range } from './ranges.ts';

/** Ranges in file order as numbers of parts, those that follow each other drawn together. */
export function partSpans(ranges: readonly Range[]): readonly PartSpan[] {
  const spans: PartSpan[] = [];
  for (const { index } of ranges) {
    const number = index + 1;
    const before = spans.at(-1);
    if (before?.last === index) spans[spans.length - 1] = { first: before.first, last: number };
    else spans.push({ first: number, last: number });
  }
  return spans;
}
