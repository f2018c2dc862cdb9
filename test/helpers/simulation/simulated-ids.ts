import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Ids that would be random. They are counted from one for each scenario. */
export interface SimulatedIds {
  restart(): void;
  /** Gives this process its random ids back. */
  end(): void;
}

/**
 * Takes random ids away. The names of spools decide which folders of the index there are, and so after
 * how many changes a process dies, which would make a seed useless.
 */
export function simulateIds(): SimulatedIds {
  const { randomUUID, randomBytes } = crypto;
  let count = 0;
  const next = (digits: number) => {
    count += 1;
    return count.toString(16).padStart(digits, '0');
  };

  Object.assign(crypto, {
    randomUUID: () => `00000000-0000-4000-8000-${next(12)}`,
    randomBytes: (bytes: number) => Buffer.from(next(bytes * 2), 'hex'),
  });
  syncBuiltinESMExports();

  return {
    restart() {
      count = 0;
    },
    end() {
      Object.assign(crypto, { randomUUID, randomBytes });
      syncBuiltinESMExports();
    },
  };
}
