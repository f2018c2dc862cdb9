import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/index.ts';
import { readDocument } from '../helpers/markdown.ts';

const { man } = JSON.parse(await readDocument('package.json'));
const built = await readDocument('dist/man/openai-upload.1');

describe('the manual that is built', () => {
  test('is the one that package.json names, of this version', () => {
    expect(man).toEqual(['dist/man/openai-upload.1']);
    expect(built).toMatch(
      new RegExp(`^\\.TH OPENAI-UPLOAD 1 \\d{4}-\\d\\d-\\d\\d "openai-upload ${VERSION}"`, 'm'),
    );
  });

  test.skipIf(spawnSync('mandoc', ['-Tlint', '/dev/null']).error !== undefined)('pleases mandoc', () => {
    const { status, stdout, stderr } = spawnSync('mandoc', ['-Tlint'], { input: built, encoding: 'utf8' });

    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
