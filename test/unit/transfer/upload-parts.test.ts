import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryBudget } from '../../../src/transfer/retry.ts';
import { type Attempt, overload, simulate, trouble } from './simulation.ts';

const failures = fc.oneof(
  fc.constant(undefined).map(() => trouble()),
  fc.nat(5000).map((ms) => overload(ms)),
);
/** For each part the attempts that fail, at most as many as are retried, and the time that each attempt takes. */
const histories = fc.array(
  fc.record({ fails: fc.array(failures, { maxLength: 3 }), takesMs: fc.integer({ min: 0, max: 20_000 }) }),
  { minLength: 1, maxLength: 25 },
);

describe('uploadParts', () => {
  it('has each part acknowledged just once, whatever the order, the concurrency and the trouble', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 8 }), async (parts, concurrency) => {
        const attempt = (index: number, number: number): Attempt => ({
          takesMs: parts[index]!.takesMs / number,
          ...(parts[index]!.fails[number - 1] && { fails: parts[index]!.fails[number - 1]! }),
        });
        const simulation = simulate({ parts: parts.length, concurrency, attempt, policy: { retries: 3 } });
        await simulation.run();
        const done = [...simulation.acknowledged].sort((a, b) => a.index - b.index);
        expect(done.map(({ receipt }) => receipt)).toEqual(
          parts.map(({ fails }, index) => `receipt ${index}.${fails.length + 1}`),
        );
        expect(simulation.mostInFlight()).toBeLessThanOrEqual(concurrency);
        expect([...simulation.inFlightBytes.values()].every((bytes) => bytes === 0)).toBe(true);
        expect(simulation.clock.sleeping()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps as many on their way as allowed, and starts them in file order', async () => {
    const simulation = simulate({ parts: 9, concurrency: 3, attempt: () => ({ takesMs: 100 }) });
    await simulation.run();
    expect(simulation.mostInFlight()).toBe(3);
    expect(simulation.started.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(simulation.started.map(({ at }) => at)).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200]);
  });

  it('lets a slow part hold up no other', async () => {
    const attempt = (index: number) => ({ takesMs: index === 0 ? 20_000 : 10 });
    const simulation = simulate({ parts: 20, concurrency: 2, attempt });
    await simulation.run();
    expect(simulation.acknowledged.at(-1)?.index).toBe(0);
    expect(simulation.clock.monotonic()).toBe(20_000);
  });

  it('tries a part again that stands still', async () => {
    const attempt = (_: number, number: number) => ({ takesMs: number === 1 ? 500_000 : 1, isSilent: true });
    const simulation = simulate({ parts: 1, concurrency: 1, attempt });
    await simulation.run();
    expect(simulation.started.map(({ at }) => at)).toEqual([0, 30_250]);
    expect(simulation.events).toMatchObject([{ type: 'retry', what: 'part 1', error: { code: 'stalled' } }]);
  });

  it('holds back the whole pool while the server asks for it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 2, max: 8 }),
        async (ms, concurrency) => {
          const attempt = (index: number, number: number): Attempt =>
            index === 1 && number === 1 ? { takesMs: 50, fails: overload(ms) } : { takesMs: 100 + index };
          const simulation = simulate({ parts: 20, concurrency, attempt });
          await simulation.run();
          const during = simulation.started.filter(({ at }) => at > 50 && at < 50 + ms);
          expect(during).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives up when the whole pool has failed too often without a success', async () => {
    const attempt = () => ({ takesMs: 1, fails: trouble() });
    const simulation = simulate({
      parts: 8,
      concurrency: 4,
      attempt,
      policy: { budget: createRetryBudget(5) },
    });
    await expect(simulation.run()).rejects.toThrow('too many failures in this run');
    expect(simulation.started.length).toBeLessThanOrEqual(4 + 5);
  });

  it('makes the signal’s reason its own when it is aborted before', async () => {
    const simulation = simulate({ parts: 3, concurrency: 2, attempt: () => ({ takesMs: 1 }) });
    simulation.stop.abort('never');
    await expect(simulation.run()).rejects.toBe('never');
  });
});
