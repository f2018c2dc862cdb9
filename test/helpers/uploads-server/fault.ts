import type { CallName } from './api-objects.ts';

/**
 * A planned misbehaviour, in plain data. It strikes the `nth` request to `call` (from 1, counted
 * since the server started) and the following ones, up to `times` in all; or every request. A fault
 * with a number wins over one for every request, and only one fault strikes a request. Effects
 * after the work strike only when the work succeeded: a request that the server refuses gets its
 * refusal, and the fault stays pending.
 */
export type Fault = FaultTarget & FaultEffect;

type FaultTarget = {
  readonly call: CallName;
  readonly nth: number | 'every';
  /** How many requests in a row, starting with the nth; 1 by default. Not allowed with 'every'. */
  readonly times?: number;
};

export type FaultEffect =
  | StatusEffect
  | ResetEffect
  | HangEffect
  | SlowEffect
  | DelayEffect
  | GarbleEffect
  | HoldEffect;

export type FaultKind = FaultEffect['kind'];

/**
 * Responds with this status. A `body` that is an object is sent as JSON, a string is sent
 * unchanged, and without a body an OpenAI error is sent.
 */
export type StatusEffect = {
  readonly kind: 'status';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>> | string;
  /**
   * With 'after-body', the default, the body is read and thrown away. With 'after-work', the work
   * is done, then denied.
   */
  readonly when?: 'before-body' | 'after-body' | 'after-work';
};

/** Breaks the connection with RST (over TLS: closes it). */
type ResetEffect =
  | { readonly kind: 'reset'; readonly when: 'start' | 'after-work' }
  | { readonly kind: 'reset'; readonly when: 'after-bytes'; readonly bytes: number };

/**
 * Never responds. With 'body', it stops reading after `afterBytes` (0 by default). With 'answer',
 * it reads everything and does the work, unless `work` is false.
 */
type HangEffect =
  | { readonly kind: 'hang'; readonly when: 'body'; readonly afterBytes?: number }
  | { readonly kind: 'hang'; readonly when: 'answer'; readonly work?: boolean };

/** Reads the request's body no faster than this. */
type SlowEffect = { readonly kind: 'slow'; readonly bytesPerSecond: number };

/** Does the work, then waits before it responds. */
type DelayEffect = { readonly kind: 'delay'; readonly delayMs: number };

/**
 * Does the work, then responds 200 with `body`, by default the first half of the true JSON. With
 * `truncate`, it promises more bytes than it sends, then closes the connection.
 */
export type GarbleEffect = {
  readonly kind: 'garble';
  readonly body?: string;
  readonly contentType?: string;
  readonly truncate?: boolean;
};

/** Does the work, then keeps the response until the label is released. */
type HoldEffect = { readonly kind: 'hold'; readonly label: string };
