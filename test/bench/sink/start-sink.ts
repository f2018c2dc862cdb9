import { fileURLToPath } from 'node:url';
import { startServer } from '../run/start-server.ts';
import type { SinkSettings, SinkStats } from './sink-settings.ts';

/** A sink in a process of its own. */
export interface Sink {
  readonly baseUrl: string;
  /** Begins to count anew, and behaves as told; what is left out is as with a plain sink. */
  reset(settings?: Partial<SinkSettings>): Promise<void>;
  stats(): Promise<SinkStats>;
  /** Announces an upload, for contenders that only send parts. Gives its id. */
  createUpload(bytes: number): Promise<string>;
  close(): Promise<void>;
}

export async function startSink(signal: AbortSignal): Promise<Sink> {
  const script = fileURLToPath(new URL('./sink-server.ts', import.meta.url));
  const { url: baseUrl, close } = await startServer(script, [], signal);
  const ask = async (path: string, body?: unknown) => {
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(new URL(path, baseUrl), { ...post, signal });
    if (!answer.ok) throw new Error(`the sink answers ${answer.status} to ${path}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    baseUrl,
    reset: async (settings = {}) => void (await ask('/_admin/reset', settings)),
    stats: async () => (await ask('/_admin/stats')) as unknown as SinkStats,
    createUpload: async (bytes) => String((await ask('/v1/uploads', { bytes, filename: 'bench' })).id),
    close,
  };
}
