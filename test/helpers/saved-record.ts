import { readFile } from 'node:fs/promises';
import type { RecordedPart, SessionRecord } from '../../src/sessions/record.ts';

/** A record as it is on disk, with the parts that its journal has added. */
export async function savedRecord(path: string): Promise<SessionRecord> {
  const record: SessionRecord = JSON.parse(await readFile(path, 'utf8'));
  const journal = await readFile(`${path}.journal`, 'utf8').catch(() => '');
  const [, ...parts] = journal.split('\n').flatMap((line) => parseLine(line));

  const before = record.parts.filter(({ index }) => !parts.some((part) => part.index === index));
  return { ...record, parts: [...before, ...parts].sort((a, b) => a.offset - b.offset) };
}

/** A line that is being written may be cut off. */
function parseLine(line: string): RecordedPart[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
