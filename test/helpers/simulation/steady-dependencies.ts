import { systemClock } from '../../../src/model/clock.ts';
import type { OnEvent } from '../../../src/model/events.ts';
import { openLinkMemory } from '../../../src/sessions/link-memory.ts';
import type { Dependencies } from '../../../src/upload/dependencies.ts';
import { createRandom } from './random.ts';
import { createLink } from './simulated-link.ts';
import { BASE_URL, createSimulatedProcess, simulatedDependencies } from './simulated-process.ts';
import type { SimulatedRequest, SimulatedServer } from './simulated-server.ts';

/**
 * Dependencies for an upload to a simulated server, on a link without faults. The clock and the
 * state directory are real.
 */
export function steadyDependencies(setting: {
  readonly server: SimulatedServer;
  readonly stateDir: string;
  readonly onRequest?: (request: SimulatedRequest) => void;
  readonly onEvent?: OnEvent;
}): Dependencies {
  const { server, stateDir, onRequest = () => undefined, onEvent = () => undefined } = setting;
  const random = { ...createRandom(1), chance: () => false };
  const process = createSimulatedProcess({ random, clock: systemClock, fullDiskShare: 0, atStep: new Map() });
  const link = createLink({
    server,
    random,
    now: Date.now,
    faultShare: () => 0,
    isRepeated: () => false,
    onRequest,
  });
  const { signal } = new AbortController();
  const deps = simulatedDependencies({
    process,
    state: { stateDir },
    link,
    signal,
    onEvent,
    retries: 0,
  });

  return { ...deps, linkMemory: openLinkMemory(stateDir, BASE_URL) };
}
