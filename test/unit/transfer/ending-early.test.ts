import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attempt, fatal, overload, simulate, trouble } from './simulation.ts';

describe('uploadParts, when a failure cannot be cured', () => {
  it('starts nothing new, lets what is nearly there finish, and rejects with the failure', async () => {
    const failure = fatal();
    const attempts: Readonly<Record<number, Attempt>> = {
      0: { takesMs: 1000, fails: failure },
      1: { takesMs: 3499 },
      2: { takesMs: 3501 },
    };
    const simulation = simulate({ parts: 9, concurrency: 3, attempt: (index) => attempts[index]! });
    await expect(simulation.run()).rejects.toBe(failure);
    expect(simulation.started.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(simulation.acknowledged.map(({ index }) => index)).toEqual([1]);
    expect(simulation.clock.monotonic()).toBe(3500);
    expect(simulation.clock.sleeping()).toBe(0);
  });

  it('does so wherever the failure strikes', async () => {
    const times = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(times, fc.nat(), fc.integer({ min: 1, max: 6 }), async (takes, which, concurrency) => {
        const broken = which % takes.length;
        const failure = fatal();
        const attempt = (index: number): Attempt => ({
          takesMs: takes[index]!,
          ...(index === broken && { fails: failure }),
        });
        const simulation = simulate({ parts: takes.length, concurrency, attempt });
        await expect(simulation.run()).rejects.toBe(failure);
        const brokenStart = simulation.started.find(({ index }) => index === broken)!.at;
        const failedAt = brokenStart + takes[broken]!;
        expect(simulation.started.every(({ at }) => at <= failedAt)).toBe(true);
        expect(simulation.clock.monotonic()).toBeLessThanOrEqual(failedAt + 2500);
        expect(simulation.acknowledged.map(({ index }) => index)).not.toContain(broken);
      }),
      { numRuns: 60 },
    );
  });

  it('wakes no part for another attempt', async () => {
    const failure = fatal();
    const attempt = (index: number): Attempt =>
      index === 0 ? { takesMs: 100, fails: failure } : { takesMs: 1, fails: overload(2000) };
    const simulation = simulate({ parts: 4, concurrency: 4, attempt });
    await expect(simulation.run()).rejects.toBe(failure);
    expect(simulation.started.every(({ attempt: number }) => number === 1)).toBe(true);
    expect(simulation.clock.monotonic()).toBe(100);
  });

  it('ends the run when a part cannot be saved, though the server has it', async () => {
    const simulation = simulate({
      parts: 5,
      concurrency: 1,
      attempt: () => ({ takesMs: 10 }),
      acknowledge: ({ index }) => {
        if (index === 2) throw fatal();
      },
    });
    await expect(simulation.run()).rejects.toMatchObject({ code: 'request_refused' });
    expect(simulation.acknowledged.map(({ index }) => index)).toEqual([0, 1]);
    expect(simulation.started).toHaveLength(3);
  });
});

describe('uploadParts, when it is aborted', () => {
  it('starts nothing new and rejects with the reason once what is on its way has ended', async () => {
    const simulation = simulate({ parts: 9, concurrency: 2, attempt: () => ({ takesMs: 1000 }) });
    const ending = expect(simulation.run()).rejects.toBe('SIGINT');
    simulation.stop.abort('SIGINT');
    await ending;
    expect(simulation.acknowledged.length).toBe(simulation.started.length);
    expect(simulation.started.length).toBeLessThanOrEqual(2);
  });

  it('does not try again what fails after that', async () => {
    const attempt = () => ({ takesMs: 1000, fails: trouble() });
    const simulation = simulate({ parts: 2, concurrency: 2, attempt });
    await simulation.clock.advance(500);
    simulation.stop.abort('SIGINT');
    await expect(simulation.run()).rejects.toBe('SIGINT');
    expect(simulation.started).toHaveLength(2);
  });
});
