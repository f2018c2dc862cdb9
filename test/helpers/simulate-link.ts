import { UploadError } from '../../src/model/errors.ts';
import type { Progress, UploadEvent } from '../../src/model/events.ts';
import { createPartCutter } from '../../src/plan/part-cutter.ts';
import { missingSpans, type Span, totalLength } from '../../src/plan/ranges.ts';
import type { LinkSpeed } from '../../src/transfer/concurrency.ts';
import { trackProgress } from '../../src/transfer/progress.ts';
import { createSharedLimits, type SharedLimits } from '../../src/transfer/shared-limits.ts';
import { uploadParts } from '../../src/transfer/upload-parts.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

export const MB = 1_000_000;
/** At first, how far each part is matters more than once in a second. */
const [OPENING_MS, TELL_MS] = [20_000, 100];
/** How much of the progress is kept. */
const SAMPLE_MS = 250;

/** A way to a server, and what stands at its end. What is left out does not bound it. */
export interface Link {
  /** Of all connections together, which share it evenly. */
  readonly totalBytesPerSecond?: number;
  /** Of each connection. */
  readonly connectionBytesPerSecond?: number;
  readonly roundTripMs?: number;
  /** Each connection is cut at this age. */
  readonly cutAfterMs?: number;
  /** One part more at once is refused with 429. */
  readonly partsAtOnce?: number;
}

export interface Sending {
  /** Of each file. */
  readonly bytes: number;
  /** Files of that size, sent beside each other. Default 1. */
  readonly files?: number;
  /** Processes that send so much each, and do not know of each other. Default 1. */
  readonly pushes?: number;
  /** What an earlier run has sent of each. */
  readonly sent?: readonly Span[];
  readonly link: Link;
  /** Fixed settings; the engine finds its own without. */
  readonly concurrency?: number;
  readonly partBytes?: number;
  /** What an earlier push has found. */
  readonly known?: LinkSpeed;
  /** The size of what a system takes at once before a byte is on the wire. */
  readonly bufferBytes?: number;
}

export interface Sent {
  readonly seconds: number;
  /** Of each push. */
  readonly secondsOfEach: readonly number[];
  readonly requests: number;
  readonly refused: number;
  /** When parts were acknowledged, in milliseconds. */
  readonly acknowledgedAt: readonly number[];
  readonly progress: readonly { readonly at: number; readonly progress: Progress }[];
  /** How many parts were on their way at once, at most. */
  readonly mostAtOnce: number;
  readonly speed: LinkSpeed | undefined;
}

/** Sends so many bytes over a link with the real engine, on a clock that only we move. */
export async function sendOver(sending: Sending): Promise<Sent> {
  const {
    bytes,
    files = 1,
    pushes = 1,
    sent = [],
    concurrency,
    partBytes = null,
    known,
    bufferBytes = 0,
  } = sending;
  const clock = createFakeClock();
  const link = createLink(sending.link, clock);
  const limitsOf = Array.from({ length: pushes }, () =>
    createSharedLimits(clock, { concurrency, retries: 100, known }),
  );
  const restBytes = pushes * files * (bytes - totalLength(sent));
  const acknowledgedAt: number[] = [];
  const progress: { at: number; progress: Progress }[] = [];
  let tickedAt = 0;

  const onEvent = (event: UploadEvent) => {
    const isNews = clock.monotonic() - (progress.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= SAMPLE_MS;
    if (event.type === 'progress' && isNews) progress.push({ at: clock.monotonic(), progress: event });
  };
  const tracker = trackProgress({
    totalBytes: restBytes,
    parts: null,
    resumedParts: 0,
    resumedBytes: 0,
    retries: () => 0,
    clock,
    onEvent,
  });
  const sizes = { partBytes, minPartBytes: MB };

  const sendFile = (limits: SharedLimits, file: number) => {
    const seen = new Set<number>();
    return uploadParts({
      cutter: createPartCutter(missingSpans(bytes, sent), sizes, 0),
      slot: limits.pool.join(),
      policy: {
        retries: 100,
        budget: limits.budget,
        pause: limits.pause,
        clock,
        random: () => 0.5,
        timeLeftMs: () => Number.POSITIVE_INFINITY,
        onEvent,
      },
      stallMs: 3_600_000,
      signal: new AbortController().signal,
      async sendPart({ length }, { signal, onSent }) {
        onSent(Math.min(length, bufferBytes));
        await link.send(length, signal, (sent) => onSent(Math.min(length, sent + bufferBytes)));
      },
      async acknowledge({ index, offset, length }) {
        for (const byte of [offset, offset + length - 1]) {
          if (seen.has(byte) && length > 1) throw new Error(`byte ${byte} was sent twice`);
          seen.add(byte);
        }
        acknowledgedAt.push(clock.monotonic());
        tracker.acknowledged(index * files * pushes + file, length);
      },
      onInFlight: ({ index }, inFlight) => tracker.inFlight(index * files * pushes + file, inFlight),
      onTick() {
        // The files of a push tick at the same time.
        if (tickedAt === clock.monotonic()) return;
        tickedAt = clock.monotonic();
        link.update();
        tracker.tick();
      },
    });
  };

  const push = async (limits: SharedLimits, number: number) => {
    const ofPush = Array.from({ length: files }, (_, file) => sendFile(limits, number * files + file));
    await Promise.all(ofPush);
    return clock.monotonic() / 1000;
  };
  const secondsOfEach = await clock.runUntilSettled(Promise.all(limitsOf.map(push)));

  if (tracker.current.acknowledgedBytes !== restBytes) throw new Error('not all was sent');
  const { requests, refused, mostAtOnce } = link.counts;
  const seconds = clock.monotonic() / 1000;
  const speed = limitsOf[0]?.linkSpeed();
  return { seconds, secondsOfEach, requests, refused, acknowledgedAt, progress, mostAtOnce, speed };
}

interface Flow {
  readonly bytes: number;
  left: number;
  readonly since: number;
  readonly cutAt: number;
  readonly settle: (error?: unknown) => void;
  readonly onSent: (bytes: number) => void;
}

/** Shares itself out evenly to the parts on their way; each event is calculated, so that none has to be waited for. */
function createLink(link: Link, clock: FakeClock) {
  const {
    totalBytesPerSecond = Number.POSITIVE_INFINITY,
    connectionBytesPerSecond = Number.POSITIVE_INFINITY,
    roundTripMs = 0,
    cutAfterMs = Number.POSITIVE_INFINITY,
    partsAtOnce = Number.POSITIVE_INFINITY,
  } = link;
  const flows = new Set<Flow>();
  /** When each idle connection was opened. */
  const idle: number[] = [];
  const counts = { requests: 0, refused: 0, mostAtOnce: 0 };
  let updatedAt = 0;
  let alarm = new AbortController();
  let inside = 0;

  const rate = () => Math.min(connectionBytesPerSecond, totalBytesPerSecond / flows.size) / 1000;

  const update = () => {
    const now = clock.monotonic();
    const moved = (now - updatedAt) * rate();
    updatedAt = now;
    for (const flow of flows) {
      flow.left -= moved;
      flow.onSent(flow.bytes - Math.max(0, flow.left));
    }
    for (const flow of [...flows]) {
      const isDone = flow.left <= 1e-6;
      const isCut = !isDone && now >= flow.cutAt;
      if (!isDone && !isCut) continue;
      flows.delete(flow);
      flow.settle(isCut ? new UploadError('network', { message: 'cut', isRetryable: true }) : undefined);
    }
    plan(now);
  };

  /** Wakes when the next part ends, or is cut. */
  const plan = (now: number) => {
    alarm.abort();
    if (flows.size === 0) return;
    alarm = new AbortController();
    const ends = [...flows].map(({ left, cutAt }) => Math.min(now + left / rate(), cutAt));
    const next = Math.min(now < OPENING_MS ? now + TELL_MS : Number.POSITIVE_INFINITY, ...ends);
    clock.sleep(Math.max(0, next - now), alarm.signal).then(update, () => undefined);
  };

  const connect = async (signal: AbortSignal): Promise<number> => {
    for (let since = idle.pop(); since !== undefined; since = idle.pop())
      if (clock.monotonic() - since < cutAfterMs) return since;
    await clock.sleep(roundTripMs * 2, signal);
    return clock.monotonic();
  };

  return {
    counts,
    /** Tells how far each part is. */
    update,
    async send(bytes: number, signal: AbortSignal, onSent: (bytes: number) => void): Promise<void> {
      counts.requests += 1;
      const since = await connect(signal);
      if (inside >= partsAtOnce) {
        counts.refused += 1;
        await clock.sleep(roundTripMs + 1, signal);
        throw new UploadError('rate_limited', { message: 'full', isRetryable: true }, { isOverload: true });
      }

      inside += 1;
      counts.mostAtOnce = Math.max(counts.mostAtOnce, inside);
      try {
        await new Promise<void>((resolve, reject) => {
          update();
          const onAbort = () => {
            flows.delete(flow);
            reject(signal.reason);
          };
          // A signal made of others stays in memory for as long as somebody listens to it.
          const settle = (error?: unknown) => {
            signal.removeEventListener('abort', onAbort);
            if (error === undefined) resolve();
            else reject(error);
          };
          const flow = { bytes, left: bytes, since, cutAt: since + cutAfterMs, settle, onSent };
          signal.addEventListener('abort', onAbort, { once: true });
          flows.add(flow);
          plan(clock.monotonic());
        });
        await clock.sleep(roundTripMs, signal);
        idle.push(since);
      } finally {
        inside -= 1;
      }
    },
  };
}
