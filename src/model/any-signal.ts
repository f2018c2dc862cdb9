/**
 * Like `AbortSignal.any`, but safe when the caller keeps no reference to its signals: Node 20 may
 * collect a timeout signal before it fires, unless it has a listener.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  for (const signal of signals) signal.addEventListener('abort', keep, { once: true });
  return AbortSignal.any([...signals]);
}

/** The same function for all signals, so each has it at most once. */
function keep(): void {}
