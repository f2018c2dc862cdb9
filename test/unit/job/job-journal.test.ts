import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAppender } from '../../../src/job/append.ts';
import { readJournal } from '../../../src/job/job-journal.ts';
import type { Fields } from '../../../src/job/journal-entry.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const HEAD = '{"v":1,"status":"job"}\n';
const ENTRY =
  '{"v":1,"status":"completed","upload_id":"u","file_id":"f","filename":"a","path":"a","bytes":1,"md5":null,"parts":1,"file":{"id":"f"}}\n';

async function journal(content: string) {
  const path = join(await temporaryFolder(), 'a.jsonl');
  await writeFile(path, content);
  const read = async () => {
    const entries: Fields[] = [];
    const isHead = ({ status }: Fields) => status === 'job';
    const head = await readJournal(path, { isHead }, (entry) => entries.push(entry));
    return { head, entries: entries.length };
  };
  return { path, read };
}

describe('a journal after a power cut', () => {
  it.each([
    ['only zeros for its first line', '\0'.repeat(40), undefined, 0],
    ['zeros for its last line', `${HEAD}${ENTRY}${'\0'.repeat(40)}`, 'job', 1],
    ['half a line, and zeros', `${HEAD}${ENTRY}{"v":1,"sta${'\0'.repeat(40)}`, 'job', 1],
  ])('that has %s is read as if it ended before, and goes on there', async (_, content, status, entries) => {
    const { path, read } = await journal(content);
    const found = await read();
    expect(found.head?.status).toBe(status);
    expect(found.entries).toBe(entries);

    const appender = await openAppender(path);
    if (found.head === undefined) await appender.add(JSON.parse(HEAD));
    await appender.add(JSON.parse(ENTRY));
    await appender.close();
    expect((await read()).entries).toBe(entries + 1);
  });

  it('is not a large file of zeros, which somebody else has made', async () => {
    const { path, read } = await journal('');
    await truncate(path, 100_000_000);
    await expect(read()).rejects.toMatchObject({ code: 'manifest_unusable' });
  });
});
