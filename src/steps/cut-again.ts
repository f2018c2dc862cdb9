import { createIssueList } from '../preflight/issue-list.ts';
import { inspectFile, isUntouched, openFile } from '../source/inspect-file.ts';
import { readRange } from '../source/read-range.ts';
import { createShardReader } from '../split/create-shard-reader.ts';
import type { CutShard } from '../split/cut-shard.ts';
import type { Listener } from './check-source.ts';
import { changedMeanwhile, type PlannedShard, type PlannedShards } from './plan-shards.ts';

/**
 * The shards of a file, one after the other, each as soon as it is asked for: from memory, or by reading the file once more, since
 * where the slices of all shards are can be more than fits there. The file must be what it was when it was planned.
 * @throws UploadError `source_changed`; the signal's reason
 */
export async function* resplit(planned: PlannedShards, listener: Listener): AsyncGenerator<CutShard> {
  const { source, shards } = planned;
  for await (const shard of allPlaced(shards) ? shards : readAgain(planned, listener)) {
    if (!isUntouched(source, await inspectFile(source.path))) throw changedMeanwhile(source);
    yield shard;
  }
}

function allPlaced(shards: readonly PlannedShard[]): shards is readonly CutShard[] {
  return shards.every(({ places }) => places !== null);
}

async function* readAgain(planned: PlannedShards, { signal, clock }: Listener): AsyncGenerator<CutShard> {
  const { source, filename, bounds, shards } = planned;
  const { path, bytes } = source;
  const ready: CutShard[] = [];
  // All of it was told the first time.
  const issues = createIssueList();
  const onShard = (shard: CutShard) => void ready.push(shard);
  const reader = createShardReader({ bounds, filename, issues, uncuttable: issues, onShard });
  let next = 0;
  const takeReady = function* () {
    for (const shard of ready.splice(0)) {
      if (shards[next]?.checksum !== shard.checksum) throw changedMeanwhile(source);
      next += 1;
      yield shard;
    }
  };
  const file = await openFile(path);
  try {
    for await (const chunk of readRange(file, { index: 0, offset: 0, length: bytes }, { path, clock })) {
      signal.throwIfAborted();
      reader.read(chunk);
      yield* takeReady();
    }
    reader.end();
    yield* takeReady();
  } finally {
    await file.close();
  }
}
