import { createJsonView } from './json-view.ts';
import { createPlainView } from './plain-view.ts';
import type { ProgressMode } from './progress-mode.ts';
import type { ProgressView, ViewOutput } from './progress-view.ts';

/** `auto` draws a bar on a terminal that can move its cursor, and writes lines anywhere else. */
export async function createView(
  mode: ProgressMode,
  options: { readonly stream: NodeJS.WriteStream; readonly intervalMs: number; readonly isDumb: boolean },
): Promise<ProgressView> {
  const { stream, intervalMs, isDumb } = options;
  const output: ViewOutput = {
    write: (text) => void stream.write(text),
    columns: () => stream.columns || 80,
    now: () => performance.now(),
  };
  if (mode === 'json') return createJsonView(output);
  if (mode === 'none') return { ...createPlainView(output, intervalMs), onEvent: () => undefined };
  if (mode === 'bar' || (mode === 'auto' && stream.isTTY && !isDumb)) {
    return (await import('./bar-view.ts')).createBarView(output, stream);
  }
  return createPlainView(output, intervalMs);
}
