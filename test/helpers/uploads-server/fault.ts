import type { CallName } from './api-objects.ts';

/**
 * A planned misbehaviour, as plain data. It strikes the `nth` request (from 1, counted since the server
 * started) to `call`, and the following ones up to `times` in all; or every one. A fault for a given number
 * goes before one for every request; only one strikes a request. Effects after the work strike only when the
 * work succeeded: a request the server refuses gets its refusal, and the fault stays pending.
 */
export type Fault = FaultTarget & FaultEffect;

type FaultTarget = {
  readonly call: CallName;
  readonly nth: number | 'every';
  /** How many requests in a row from the nth; 1 unless told. Not with 'every'. */
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

/** Answers this status. `body`: an object is sent as JSON, a string as it is, nothing as an OpenAI error. */
export type StatusEffect = {
  readonly kind: 'status';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>> | string;
  /** 'after-body' unless told: the body is read and thrown away. 'after-work': done, then denied. */
  readonly when?: 'before-body' | 'after-body' | 'after-work';
};

/** Breaks the connection with RST (over TLS: closes it). */
type ResetEffect =
  | { readonly kind: 'reset'; readonly when: 'start' | 'after-work' }
  | { readonly kind: 'reset'; readonly when: 'after-bytes'; readonly bytes: number };

/** Never answers. 'body': stops reading after `afterBytes` (0). 'answer': reads all, works unless `work: false`. */
type HangEffect =
  | { readonly kind: 'hang'; readonly when: 'body'; readonly afterBytes?: number }
  | { readonly kind: 'hang'; readonly when: 'answer'; readonly work?: boolean };

/** Reads the request's body no faster than this. */
type SlowEffect = { readonly kind: 'slow'; readonly bytesPerSecond: number };

/** Works, then waits before it answers. */
type DelayEffect = { readonly kind: 'delay'; readonly delayMs: number };

/**
 * Works, then answers 200 with `body` (the first half of the true JSON unless told).
 * `truncate`: promises more bytes than it sends, then closes the connection.
 */
export type GarbleEffect = {
  readonly kind: 'garble';
  readonly body?: string;
  readonly contentType?: string;
  readonly truncate?: boolean;
};

/** Works, then keeps the answer until the label is released. */
type HoldEffect = { readonly kind: 'hold'; readonly label: string };
