import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLinkMemory } from '../../../src/sessions/link-memory.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const URL = 'https://api.openai.com/v1';

describe('the memory of a link', () => {
  it('keeps facts for each base URL, and adds to them', async () => {
    const directory = await temporaryFolder();
    openLinkMemory(directory, URL).save({ concurrency: 8, bytesPerSecond: 1_000_000 });
    openLinkMemory(directory, URL).save({ minPartBytes: 8_000_000 });
    expect(openLinkMemory(directory, URL).read()).toEqual({
      concurrency: 8,
      bytesPerSecond: 1_000_000,
      minPartBytes: 8_000_000,
    });
    expect(openLinkMemory(directory, 'https://example.com/v1').read()).toEqual({});
  });

  it.each([
    ['{', {}],
    ['null', {}],
    ['{"concurrency":0,"bytesPerSecond":-1,"minPartBytes":1e12}', {}],
    ['{"concurrency":1.5,"bytesPerSecond":"fast","minPartBytes":8000000}', { minPartBytes: 8_000_000 }],
  ])('takes of %j only what can be', async (text, facts) => {
    const directory = await temporaryFolder();
    openLinkMemory(directory, URL).save({ concurrency: 2 });
    const [name = ''] = await readdir(join(directory, 'links'));
    await writeFile(join(directory, 'links', name), text);
    expect(openLinkMemory(directory, URL).read()).toEqual(facts);
  });

  it('does without where it cannot write', async () => {
    const directory = await temporaryFolder();
    await mkdir(join(directory, 'deep'));
    await writeFile(join(directory, 'deep', 'links'), 'a file');
    const memory = openLinkMemory(join(directory, 'deep'), URL);
    memory.save({ concurrency: 2 });
    expect(openLinkMemory(join(directory, 'deep'), URL).read()).toEqual({});
  });
});
