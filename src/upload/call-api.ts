import { retry } from '../transfer/retry.ts';
import { createShutdown } from '../transfer/shutdown.ts';
import { watchForResponse } from '../transfer/stall-watch.ts';
import type { UploadContext } from './context.ts';
import type { CallOptions } from './dependencies.ts';

/** One of the small requests, with retries. Given up when no answer comes; a stop leaves it three seconds to come. */
export async function callApi<T>(
  context: UploadContext,
  call: { readonly what: string; readonly action: string },
  request: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { deps, policy, stallMs } = context;
  const { clock } = deps;
  const shutdown = createShutdown(clock, deps.signal);
  const watched = { clock, stallMs, action: call.action, signal: shutdown.aborted };
  const attempt = (number: number) =>
    watchForResponse(watched, (signal) => request({ signal, attempt: number }));
  try {
    return await retry(policy, { what: call.what, signal: shutdown.stop, attempt });
  } finally {
    shutdown.dispose();
  }
}
