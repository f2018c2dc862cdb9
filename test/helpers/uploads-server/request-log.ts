import type { CallName } from './api-objects.ts';
import type { FaultKind } from './fault.ts';

/** What is known about one request, in plain data. It is filled while the request runs. */
export interface RequestLogEntry {
  /** Counts all requests from 1. Admin requests are not logged. */
  readonly n: number;
  /** Null for a path or method that is not a call of the API. `nth` is null then, too. */
  readonly call: CallName | null;
  /** Counts the requests to this call from 1, including refused ones. */
  readonly nth: number | null;
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  /** The id in the path, or the id of the upload that was created. */
  readonly uploadId: string | null;
  /** Null unless the part was registered. The same goes for `partNumberOfBytes`. */
  readonly partId: string | null;
  readonly partNumberOfBytes: number | null;
  /** Null until a status is sent. */
  readonly status: number | null;
  /** From the machine's clock, whatever clock the server was given. */
  readonly startedAtMs: number;
  /** Null while the request runs. */
  readonly endedAtMs: number | null;
  /** The bytes of the request's body that the server has read. */
  readonly bodyBytes: number;
  /** The fault that took effect. */
  readonly fault: FaultKind | null;
  readonly requestId: string;
  readonly keyMatched: boolean;
  /** The names are in lower case, and the key is blanked out. */
  readonly headers: Readonly<Record<string, string>>;
}

export type OpenEntry = { -readonly [Field in keyof RequestLogEntry]: RequestLogEntry[Field] };

type RequestFacts = Pick<
  RequestLogEntry,
  'call' | 'method' | 'path' | 'uploadId' | 'requestId' | 'keyMatched' | 'headers'
>;

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[];
  open(facts: RequestFacts): OpenEntry;
  /** Takes a part request out of those in flight. Calling it again is harmless. */
  leave(entry: OpenEntry): void;
  /** Does the same as `leave` and notes the end. Calling it again is harmless. */
  end(entry: OpenEntry): void;
  /** Wakes those that wait for something in the entries. */
  changed(): void;
  partsInFlight(): number;
  mostPartsInFlight(): number;
  /** Resolves once the predicate holds, which is asked now and at each change. Rejects on close. */
  waitFor(predicate: (requests: readonly RequestLogEntry[]) => boolean): Promise<void>;
}

interface Waiter {
  readonly predicate: (requests: readonly RequestLogEntry[]) => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export function createRequestLog(closing: AbortSignal): RequestLog {
  const entries: OpenEntry[] = [];
  const waiters = new Set<Waiter>();
  const inFlight = new Set<OpenEntry>();
  const counts = new Map<CallName, number>();
  let mostPartsInFlight = 0;

  const changed = () => {
    for (const waiter of waiters) askAgain(waiter);
  };
  const askAgain = (waiter: Waiter) => {
    try {
      if (!waiter.predicate(entries)) return;
      waiter.resolve();
    } catch (error) {
      waiter.reject(error);
    }
    waiters.delete(waiter);
  };
  const count = (call: CallName): number => {
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    return nth;
  };
  closing.addEventListener('abort', () => {
    for (const waiter of waiters) waiter.reject(closing.reason);
    waiters.clear();
  });

  return {
    entries,
    changed,
    open(facts) {
      const entry = newEntry(facts, entries.length + 1, facts.call === null ? null : count(facts.call));
      entries.push(entry);
      if (entry.call === 'part') inFlight.add(entry);
      mostPartsInFlight = Math.max(mostPartsInFlight, inFlight.size);
      changed();
      return entry;
    },
    leave: (entry) => void inFlight.delete(entry),
    end(entry) {
      inFlight.delete(entry);
      if (entry.endedAtMs !== null) return;
      entry.endedAtMs = Date.now();
      changed();
    },
    partsInFlight: () => inFlight.size,
    mostPartsInFlight: () => mostPartsInFlight,
    waitFor: (predicate) =>
      new Promise((resolve, reject) => {
        if (closing.aborted) return reject(closing.reason);
        const waiter = { predicate, resolve, reject };
        waiters.add(waiter);
        askAgain(waiter);
      }),
  };
}

function newEntry(facts: RequestFacts, n: number, nth: number | null): OpenEntry {
  return {
    n,
    nth,
    ...facts,
    partId: null,
    partNumberOfBytes: null,
    status: null,
    startedAtMs: Date.now(),
    endedAtMs: null,
    bodyBytes: 0,
    fault: null,
  };
}
