import { describe, expect, it } from 'vitest';
import { adaptiveConcurrency } from '../../../src/transfer/adaptive-concurrency.ts';
import { type Concurrency, fixedConcurrency } from '../../../src/transfer/concurrency.ts';
import { createPartLength } from '../../../src/transfer/part-length.ts';
import { createPool } from '../../../src/transfer/pool.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';
import { overload } from './simulation.ts';

const MB = 1_000_000;

function poolOf(concurrency: Concurrency, clock = createFakeClock()) {
  return createPool({ concurrency, partLength: createPartLength(), clock });
}

describe('the pool', () => {
  it('lets one in after another, and passes over who does not come', async () => {
    const pool = poolOf(fixedConcurrency(1));
    const visits = [pool.join(), pool.join()];
    let letIn = 0;
    const waiting = Array.from({ length: 20 }, () =>
      pool.whenReady().then(() => {
        letIn += 1;
      }),
    );
    await clockTurns(3);
    expect(letIn).toBe(0);
    for (const slot of visits) slot.release();
    await Promise.all(waiting);
    expect(letIn).toBe(20);
  });

  it('counts who has come before it lets in the next', async () => {
    const pool = poolOf(fixedConcurrency(2));
    let inside = 0;
    for (let caller = 0; caller < 20; caller += 1) {
      void pool.whenReady().then(() => {
        pool.join();
        inside += 1;
      });
    }
    await clockTurns(50);
    // Two, and one to follow.
    expect(inside).toBe(3);
  });

  it('lets a refused part wait for its place when there are fewer places than before', async () => {
    const clock = createFakeClock();
    const concurrency = adaptiveConcurrency(clock, { concurrency: 4, bytesPerSecond: MB });
    concurrency.moved(1, Infinity);
    concurrency.acknowledged({ bytes: MB, ms: 1000, others: 0, restBytes: Infinity });
    clock.stop(10_000);
    expect(concurrency.limit).toBe(4);
    const pool = poolOf(concurrency, clock).join();
    let inFlight = 0;
    let most = 0;
    const send = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await clock.sleep(1000);
      inFlight -= 1;
    };
    const first = [1, 2, 3].map(() => pool.attempt(8 * MB, send));
    await pool.attempt(8 * MB, () => Promise.reject(overload(0))).catch(() => undefined);
    expect(concurrency.limit).toBe(2);
    const again = pool.attempt(8 * MB, send);
    await clock.advance(999);
    expect([inFlight, most]).toEqual([3, 3]);
    await clock.runUntilSettled(Promise.all([...first, again]));
    expect(most).toBe(3);
  });
});

async function clockTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
