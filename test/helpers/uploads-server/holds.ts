import { abortable } from './abortable.ts';

/** Gates for the responses of `hold` faults. A released gate stays open. */
export interface Holds {
  /**
   * Resolves once the label is released, or at once if it was before. Rejects when the signal
   * aborts.
   */
  pass(label: string, signal: AbortSignal): Promise<void>;
  release(label: string): void;
  /**
   * Resolves once a request has reached the gate, or at once if one has before. Rejects on close.
   */
  waitForHeld(label: string): Promise<void>;
}

interface Gate {
  readonly arrival: PromiseWithResolvers;
  readonly opening: PromiseWithResolvers;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export function createHolds(closing: AbortSignal): Holds {
  const gates = new Map<string, Gate>();
  const gateOf = (label: string): Gate => {
    const gate = gates.get(label) ?? { arrival: withResolvers(), opening: withResolvers() };
    gates.set(label, gate);
    return gate;
  };
  return {
    async pass(label, signal) {
      const gate = gateOf(label);
      gate.arrival.resolve();
      await abortable(gate.opening.promise, signal);
    },
    release: (label) => gateOf(label).opening.resolve(),
    waitForHeld: (label) => abortable(gateOf(label).arrival.promise, closing),
  };
}

function withResolvers(): PromiseWithResolvers {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
