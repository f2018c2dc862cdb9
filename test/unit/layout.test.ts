import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from '../helpers/import-rules.ts';
import { ROOT } from '../helpers/markdown.ts';

const UNIT = join(ROOT, 'test/unit');
const files = readdirSync(UNIT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(UNIT, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));

/** Modules that bring a server or another process with them. */
const HEAVY =
  /^node:(child_process|http|https|net)$|\/(start-uploads-server|fixtures|run-cli|run-script)\.ts$/;

describe('the unit tests', () => {
  it('mirror the folders of src, or stand below bin and test for what is made there', () => {
    const mirrored = (file: string) =>
      existsSync(join(ROOT, /^(bin|test)\//.test(file) ? '' : 'src', dirname(file)));

    expect(files.filter((file) => !mirrored(file))).toEqual([]);
  });

  it('import nothing that starts a server or another process', () => {
    const heavy = files.flatMap((file) =>
      importsOf(readFileSync(join(UNIT, file), 'utf8'))
        .filter(({ specifier, isTypeOnly }) => !isTypeOnly && HEAVY.test(specifier))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );

    expect(heavy).toEqual([]);
  });
});
