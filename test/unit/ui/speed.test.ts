import { describe, expect, it } from 'vitest';
import { createSpeedometer } from '../../../src/ui/speed.ts';
import { progressOf } from '../../helpers/events.ts';

const at = (acknowledgedBytes: number, inFlightBytes = 0) => progressOf({ acknowledgedBytes, inFlightBytes });

describe('the speed', () => {
  it('is unknown at first, and for a moment after', () => {
    const measure = createSpeedometer();
    expect(measure(at(0), 0)).toEqual({ bytesPerSecond: 0, restMs: undefined });
    expect(measure(at(1_000_000), 199)).toEqual({ bytesPerSecond: 0, restMs: undefined });
  });

  it('counts what is acknowledged, and not what is on its way', () => {
    const measure = createSpeedometer();
    measure(at(0), 1000);
    expect(measure(at(10_000_000, 10_000_000), 3000)).toEqual({ bytesPerSecond: 5_000_000, restMs: 18_000 });
  });

  it('of one upload is what its progress says', () => {
    const measure = createSpeedometer();
    const progress = progressOf({ bytesPerSecond: 7, restMs: 9 });
    expect(measure(progress, 0)).toEqual({ bytesPerSecond: 7, restMs: 9 });
  });

  it('leaves out what an earlier run had sent', () => {
    const measure = createSpeedometer();
    measure(at(90_000_000), 0);
    expect(measure(at(91_000_000), 1000).bytesPerSecond).toBe(1_000_000);
  });

  it('forgets what is longer ago than twenty seconds', () => {
    const measure = createSpeedometer();
    for (let second = 0; second <= 20; second += 1) measure(at(second * 1_000_000), second * 1000);
    const slow = Array.from({ length: 25 }, (_, n) => measure(at(20_000_000 + n * 1000), 21_000 + n * 1000));
    expect(slow.at(-1)?.bytesPerSecond).toBeCloseTo(1000, -1);
  });

  it('is never below nothing, though a failed attempt takes bytes back', () => {
    const measure = createSpeedometer();
    measure(at(0, 10_000_000), 0);
    expect(measure(at(0, 0), 1000)).toEqual({ bytesPerSecond: 0, restMs: undefined });
  });

  it('is nothing while all stands still, and says so after five seconds', () => {
    const measure = createSpeedometer();
    measure(at(5), 0);
    expect(measure(at(5), 4999)).toEqual({ bytesPerSecond: 0, restMs: undefined });
    expect(measure(at(5), 5000)).toMatchObject({ bytesPerSecond: 0, standstill: 'byte' });
    expect(measure(at(6), 6000).standstill).toBeUndefined();
  });

  it('tells no standstill while bytes may still move out of a buffer, or as long as usual', () => {
    const measure = createSpeedometer();
    measure(at(0, 4_000_000), 0);
    expect(measure(at(0, 4_000_000), 14_999).standstill).toBeUndefined();
    expect(measure(at(0, 4_000_000), 15_000).standstill).toBe('byte');
    expect(measure(at(1_000_000, 4_000_000), 20_000).standstill).toBeUndefined();
    expect(measure(at(1_000_000, 4_000_000), 59_999).standstill).toBeUndefined();
    expect(measure(at(1_000_000, 4_000_000), 60_000).standstill).toBe('byte');
  });

  it('says that the answer is what does not come, once all is on its way', () => {
    const measure = createSpeedometer();
    measure(at(0, 100_000_000), 0);
    expect(measure(at(0, 100_000_000), 15_000).standstill).toBe('answer');
    expect(measure(at(10_000_000, 90_000_000), 16_000).standstill).toBeUndefined();
  });
});
