import type { ServerClock } from './clock.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Holds } from './holds.ts';
import type { createRequestLimit } from './request-limit.ts';
import type { RequestLog } from './request-log.ts';
import type { ServerProfile } from './server-profile.ts';
import type { Store } from './store.ts';
import type { Throttle } from './throttle.ts';

/** The state that all code of a running server shares. */
export interface ServerContext {
  /** A test may replace it. */
  apiKey: string;
  /** The profile, with the overrides from the options. */
  readonly profile: ServerProfile;
  /** Null for a server without a list of models. */
  readonly models: Readonly<Record<string, string | null>> | null;
  readonly bytesPerSecond: number | null;
  readonly maxPartsInFlight: number;
  readonly requestLimit: ReturnType<typeof createRequestLimit> | null;
  readonly latencyMs: number;
  readonly totalThrottle: Throttle | null;
  readonly clock: ServerClock;
  readonly store: Store;
  readonly log: RequestLog;
  readonly plan: FaultPlan;
  readonly holds: Holds;
  readonly closing: AbortSignal;
}
