import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FilesInMemory } from './files-in-memory.ts';
import type { SavedValue } from './simulated-disk.ts';

/** What a state directory holds of an upload: its record, with the parts in the journal beside it. */
export function recordIn(files: FilesInMemory, stateDir: string, uploadId: string): SavedValue | undefined {
  const path = join(stateDir, `${uploadId}.json`);
  const text = files.text(path);
  if (text === undefined) return undefined;

  const record = JSON.parse(text);
  const journal = files.text(`${path}.journal`);
  // A process may die once all of the journal is in the record, and before it is deleted.
  if (journal === undefined || !journal.includes(createHash('sha256').update(text).digest('hex')))
    return record;
  return { ...record, parts: [...record.parts, ...journal.split('\n').flatMap(partIn)] };
}

/** A line may be cut off, and the first one is about the journal. */
function partIn(line: string): readonly object[] {
  if (!line.includes('"partId"') || !line.endsWith('}')) return [];
  return [JSON.parse(line)];
}
