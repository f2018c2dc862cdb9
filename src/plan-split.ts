import { resolve } from 'node:path';
import { checkSplitOptions } from './check-options.ts';
import { createLocalDependencies } from './local-dependencies.ts';
import type { ShardPlan, SplitPlan } from './model/shard.ts';
import type { SplitOptions } from './options.ts';
import { shardOf } from './split/cut-shard.ts';
import { peekManifest } from './split/open-manifest.ts';
import { toCallerError } from './steps/explain.ts';
import { peekResumable } from './steps/find-unfinished.ts';
import { planPush } from './steps/plan-push.ts';
import { planShards } from './steps/plan-shards.ts';
import { specFor } from './steps/wish.ts';

/** A push in shards as far as it goes without a request. @throws UploadError */
export async function planSplit(path: string, options: SplitOptions): Promise<SplitPlan> {
  checkSplitOptions(options);
  const local = createLocalDependencies({ ...options, insecureHttp: options.insecureHttp ?? false });
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const deps = { ...local, sessions: local.records, signal, onEvent };
  try {
    const planned = await planShards(path, options, deps);
    const subject = { ...planned, connection: local.connection };
    const manifest = options.manifest && (await peekManifest(resolve(options.manifest), subject));
    const shards: ShardPlan[] = [];
    for (const shard of planned.shards) {
      const { bytes, checksum, places, filename } = shard;
      const content = { source: planned.source, spool: null, slices: { bytes, checksum, places } };
      const spec = await specFor(content, { ...options, filename });
      const unfinished = options.resume === false ? undefined : await peekResumable(spec, deps);
      const fileId = manifest ? (manifest.done(shard)?.fileId ?? null) : null;
      shards.push({ ...planPush(spec, unfinished), shard: shardOf(shard), fileId });
    }
    return { path: planned.source.path, bytes: planned.source.bytes, lines: planned.lines, shards };
  } catch (error) {
    throw toCallerError(error, signal, { path: resolve(path) });
  }
}
