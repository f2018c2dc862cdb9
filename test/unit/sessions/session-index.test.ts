import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../src/sessions/record.ts';
import { recordOf } from '../../helpers/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const SPOOL = '01234567-89ab-cdef-0123-456789abcdef';
const OTHER = { ...recordOf().source, path: '/data/b.jsonl' };

async function setUp(...changes: readonly Partial<SessionRecord>[]) {
  const directory = join(await temporaryFolder(), 'state');
  const sessions = sessionsIn(directory);
  for (const [at, change] of changes.entries()) {
    const record = recordOf({ uploadId: `upload_${at + 1}`, createdAt: 1_900_000_000 - at, ...change });
    await (await sessions.create(record, noPatience)).release();
  }
  const index = join(directory, 'sources');
  const find = async (content = recordOf()) => {
    const { sessions: found, unusable } = await sessionsIn(directory).find(content);
    return [...found.map(({ record }) => record.uploadId), ...unusable.map(({ code }) => code)];
  };
  return { directory, sessions, index, find };
}

describe('the sessions of a file', () => {
  it('are found without reading those of other files', async () => {
    const { directory, find } = await setUp({}, { source: OTHER }, {});
    await writeFile(join(directory, 'upload_2.json'), 'cannot be read');
    expect(await find()).toEqual(['upload_1', 'upload_3']);
    expect(await find(recordOf({ source: OTHER }))).toEqual(['session_corrupt']);
  });

  it('are known by the bytes of a piece, and by the spool of a stream, wherever that was moved to', async () => {
    const cutFrom = { path: '/data/big.jsonl', checksum: 'crc32:00000001' };
    const { find } = await setUp({ cutFrom, spool: SPOOL }, { spool: SPOOL });
    expect(await find(recordOf({ cutFrom, source: { ...OTHER, bytes: 25 } }))).toEqual(['upload_1']);
    expect(await find(recordOf({ spool: SPOOL, source: OTHER }))).toEqual(['upload_1', 'upload_2']);
    expect(await find()).toEqual([]);
  });

  it('are not hidden by a crash between the index and the record', async () => {
    const { directory, sessions, find } = await setUp({});
    await rm(join(directory, 'upload_1.json'));
    expect(await find()).toEqual([]);
    await sessions.create(recordOf(), noPatience);
    expect(await find()).toEqual(['upload_1']);
  });

  it('go from the index when they are left out, and with their record', async () => {
    const { sessions, find } = await setUp({ status: 'cancelled' }, {});
    sessions.leaveOut(recordOf());
    expect(await find()).toEqual(['upload_2']);
    await sessions.forget('upload_2', () => true);
    expect(await find()).toEqual([]);
  });
});

describe('records of a version without an index', () => {
  it('are all looked at, until the first session is created', async () => {
    const { index, find, sessions } = await setUp({}, { source: OTHER }, { status: 'cancelled' });
    await rm(index, { recursive: true });
    expect(await find()).toEqual(['upload_1', 'upload_3']);
    expect(existsSync(index)).toBe(false);

    await sessionsIn(sessions.directory).create(recordOf({ uploadId: 'new', createdAt: 1 }), noPatience);
    expect(await find()).toEqual(['upload_1', 'new']);
  });

  it('that cannot be read may be about any file', async () => {
    const { directory, find, sessions } = await setUp({});
    await rm(join(directory, 'sources'), { recursive: true });
    await writeFile(join(directory, 'broken.json'), '{');
    await sessionsIn(sessions.directory).create(recordOf({ uploadId: 'new' }), noPatience);
    expect(await find(recordOf({ source: OTHER }))).toEqual(['session_corrupt']);
  });

  it('are taken over again when that was cut short', async () => {
    const { index, find, sessions } = await setUp({}, {});
    await rm(join(index, 'complete'));
    expect(await find()).toEqual(['upload_1', 'upload_2']);
    await sessionsIn(sessions.directory).create(recordOf({ uploadId: 'new' }), noPatience);
    expect(await find()).toEqual(['new', 'upload_1', 'upload_2']);
  });
});
