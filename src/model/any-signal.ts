/**
 * As `AbortSignal.any`, for signals of which the caller may keep nothing. Node 20 lets such a timeout
 * go before it fires, but not one that somebody listens to.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  for (const signal of signals) signal.addEventListener('abort', keep, { once: true });
  return AbortSignal.any([...signals]);
}

/** One and the same for all, so that a signal has it at most once. */
function keep(): void {}
