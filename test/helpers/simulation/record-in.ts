import { join } from 'node:path';
import type { FilesInMemory } from './files-in-memory.ts';
import type { SavedValue } from './simulated-disk.ts';

/** What a state directory holds of an upload: its record, with the parts in the journal beside it. */
export function recordIn(files: FilesInMemory, stateDir: string, uploadId: string): SavedValue | undefined {
  const path = join(stateDir, `${uploadId}.json`);
  const text = files.text(path);
  if (text === undefined) return undefined;

  const record = JSON.parse(text);
  const lines = files.text(`${path}.journal`)?.split('\n') ?? [];
  return { ...record, parts: [...record.parts, ...lines.flatMap(partIn)] };
}

/** A line may be cut off, and the first one is about the journal. */
function partIn(line: string): readonly object[] {
  if (!line.includes('"partId"') || !line.endsWith('}')) return [];
  return [JSON.parse(line)];
}
