import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryBudget } from '../../../src/transfer/retry-budget.ts';

describe('a retry budget', () => {
  it('is spent after as many retries as it holds, and a success gives one back', () => {
    const budget = createRetryBudget(2);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    budget.restore();
    expect([budget.take(), budget.take()]).toEqual([true, false]);
  });

  it('holds nothing when it starts with nothing, whatever succeeds', () => {
    const budget = createRetryBudget(0);
    budget.restore();
    expect(budget.take()).toBe(false);
  });

  it('never gives more than it holds between two successes', () => {
    const steps = fc.array(fc.constantFrom('take', 'restore'));
    fc.assert(
      fc.property(fc.nat(20), steps, (capacity, sequence) => {
        const budget = createRetryBudget(capacity);
        let left = capacity;
        for (const step of sequence) {
          if (step === 'restore') {
            budget.restore();
            left = Math.min(capacity, left + 1);
          } else {
            expect(budget.take()).toBe(left > 0);
            left = Math.max(0, left - 1);
          }
        }
      }),
    );
  });
});
