import { describe, expect, it } from 'vitest';
import { noticeLine } from '../../../src/ui/notice-lines.ts';

const deadline = {
  type: 'deadline',
  timeLeftMs: 120_000,
  requiredBytesPerSecond: 500_000,
} as const;

describe('a warning that the time is too short', () => {
  it('names both times and the speed that it would take', () => {
    expect(noticeLine({ ...deadline, bytesPerSecond: 100_000, neededMs: 600_000 })).toBe(
      'at 100.0 kB/s the rest takes 10 min, but the upload expires in 2 min; it needs 500.0 kB/s',
    );
  });

  it('names no time for what does not move at all', () => {
    expect(noticeLine({ ...deadline, bytesPerSecond: 0, neededMs: 6e9 })).toBe(
      'nothing has been acknowledged yet, but the upload expires in 2 min; it needs 500.0 kB/s',
    );
  });
});
