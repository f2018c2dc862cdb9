/** Who comes to a name is let in when all who came before have left. */
type Turns = (name: string, signal: AbortSignal) => Promise<() => void>;

/**
 * Turns within this process, where a lock on disk would only say that we have it ourselves. What is returned ends the turn.
 * @throws the signal's reason
 */
export function createKeyedMutex(): Turns {
  const last = new Map<string, Promise<void>>();
  return async (name, signal) => {
    const before = last.get(name);
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const both = Promise.all([before, left]).then(() => undefined);
    last.set(name, both);
    void both.then(() => {
      if (last.get(name) === both) last.delete(name);
    });
    try {
      await untilAborted(before, signal);
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  };
}

function untilAborted(promise: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void Promise.resolve(promise).then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
