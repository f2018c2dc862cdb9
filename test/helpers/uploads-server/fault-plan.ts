import type { CallName } from './api-objects.ts';
import type { Fault } from './fault.ts';

export interface PlannedFault {
  readonly fault: Fault;
  /** How often the fault has taken effect so far. */
  happened: number;
}

export interface FaultPlan {
  add(faults: readonly Fault[]): void;
  /**
   * Returns the fault that is to strike this request, if any. It has not happened until `happened`
   * is raised.
   */
  faultFor(call: CallName, nth: number): PlannedFault | undefined;
  /** Faults for a numbered request that have not happened as often as planned. */
  pending(): readonly Fault[];
}

export function createFaultPlan(): FaultPlan {
  const planned: PlannedFault[] = [];
  return {
    add(faults) {
      planned.push(...faults.map((fault) => ({ fault, happened: 0 })));
    },
    faultFor(call, nth) {
      const forCall = planned.filter(({ fault }) => fault.call === call);
      return (
        forCall.find(
          ({ fault }) => isNumbered(fault) && nth >= fault.nth && nth < fault.nth + times(fault),
        ) ?? forCall.find(({ fault }) => !isNumbered(fault))
      );
    },
    pending: () =>
      planned
        .filter(({ fault, happened }) => isNumbered(fault) && happened < times(fault))
        .map(({ fault }) => fault),
  };
}

function isNumbered(fault: Fault): fault is Fault & { readonly nth: number } {
  return fault.nth !== 'every';
}

function times(fault: Fault): number {
  return fault.times ?? 1;
}
