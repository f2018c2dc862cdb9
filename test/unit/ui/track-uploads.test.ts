import { describe, expect, it } from 'vitest';
import { trackUploads } from '../../../src/ui/track-uploads.ts';
import { progressOf, resultOf } from '../../helpers/events.ts';

const FILES = ['a.bin', 'b.bin'].map((name) => ({ name, bytes: 100 }));
const DONE = { type: 'completed', result: resultOf({ bytes: 100, bytesSent: 100 }) } as const;

describe('the state of several uploads', () => {
  it.each(['expected', 'found'])('counts each of those that are %s once, whatever comes late', (how) => {
    const tracker = trackUploads();
    tracker.expect(how === 'expected' ? FILES : undefined);
    if (how === 'found') for (const [index, file] of FILES.entries()) tracker.found(index, file);
    tracker.foundAll();

    tracker.onEvent(DONE, 0);
    const before = tracker.totals();
    tracker.onEvent(progressOf({}), 0);
    tracker.ended(0, 'failed');

    expect(tracker.totals()).toEqual(before);
    expect(before).toMatchObject({ files: 2, completed: 1, failed: 0, filesLeft: 1, totalBytes: 200 });
    expect([tracker.running(), tracker.nameOf(1)]).toEqual([[], 'b.bin']);
  });
});
