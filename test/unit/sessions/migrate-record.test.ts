import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/sessions/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const SAMPLES = fileURLToPath(new URL('../../samples/records', import.meta.url));

describe('a record of an older version', () => {
  it('is kept as a sample for each version there was', () => {
    const versions = Array.from({ length: SCHEMA_VERSION - 1 }, (_, n) => `version-${n + 1}.json`);
    expect(readdirSync(SAMPLES).sort()).toEqual(versions);
  });

  it.each(readdirSync(SAMPLES))('%s keeps working, and is saved in the present form', async (name) => {
    const sample = JSON.parse(readFileSync(join(SAMPLES, name), 'utf8'));
    const directory = await temporaryFolder();
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${sample.uploadId}.json`);
    writeFileSync(file, JSON.stringify(sample));

    const session = await sessionsIn(directory).open(sample.uploadId, noPatience);
    expect(session?.record).toEqual({
      restartedAs: null,
      spool: null,
      slices: null,
      ...sample,
      schemaVersion: SCHEMA_VERSION,
    });
    await session?.update({ status: 'completing' });
    await session?.release();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      schemaVersion: SCHEMA_VERSION,
      status: 'completing',
      parts: sample.parts,
    });
  });
});
