import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiReference } from '../../../../bin/reference/api-reference.ts';
import { declarationsIn } from '../../../../bin/reference/declarations.ts';
import { exportedDeclarations } from '../../../../bin/reference/exported-declarations.ts';
import * as library from '../../../../src/index.ts';
import { ROOT, readDocument } from '../../../helpers/markdown.ts';

const declarations = exportedDeclarations(join(ROOT, 'dist/src/index.d.ts'));
const values = declarations.filter(({ kind }) => kind !== 'interface' && kind !== 'type');

describe('docs/api.md', () => {
  test('is what `npm run reference` would write', async () => {
    expect(await readDocument('docs/api.md'), 'npm run reference').toBe(apiReference(declarations));
  });

  test('has all that the package exports', () => {
    expect(values.map(({ name }) => name).sort()).toEqual(Object.keys(library).sort());
    expect(declarations.length - values.length).toBeGreaterThan(30);
  });

  test('has no type that it does not explain', () => {
    const known = new Set(declarations.map(({ name }) => name));
    const ofJavaScript =
      /^(AbortSignal|AsyncGenerator|AsyncIterable|Blob|Error|Exclude|Omit|Partial|Pick|Promise|Readonly|Record|Uint8Array)$/;
    const named = declarations.flatMap(({ code }) =>
      [...withoutTexts(code).matchAll(/\b[A-Z]\w*[a-z]\w*\b/g)].map(([name]) => name),
    );

    expect([...new Set(named)].filter((name) => !known.has(name) && !ofJavaScript.test(name))).toEqual([]);
  });
});

describe('what the package exports', () => {
  test('has a word about each', () => {
    const saying = ({ comment }: { comment: readonly string[] }) =>
      comment.join(' ').replace(/@throws.*/, '');

    expect(declarations.filter((one) => saying(one).trim().length < 20).map(({ name }) => name)).toEqual([]);
  });

  test('is told of in docs/library.md, as far as it can be called', async () => {
    const text = await readDocument('docs/library.md');

    expect(values.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual(
      [],
    );
  });
});

test('a declaration is what stands from one keyword at the start of a line to the next', () => {
  const text = `import type { A } from './a.ts';
export { A };
/** Not of the next one. */
export type { A };
/**
 * Words,
 * and more. @throws UploadError
 */
export declare function run(a: A): void;
export type Union = 
/** One. */
{
    readonly a: 1;
}
/** Two. */
 | 2;
interface Hidden {
}
`;

  expect(declarationsIn(text)).toEqual([
    {
      name: 'run',
      kind: 'function',
      comment: ['Words,', 'and more. @throws UploadError'],
      code: 'function run(a: A): void;',
    },
    {
      name: 'Union',
      kind: 'type',
      comment: [],
      code: 'type Union = \n/** One. */\n{\n  readonly a: 1;\n}\n/** Two. */\n | 2;',
    },
    { name: 'Hidden', kind: 'interface', comment: [], code: 'interface Hidden {\n}' },
  ]);
});

/** Without comments and quoted words. */
function withoutTexts(code: string): string {
  return code.replaceAll(/\/\*\*.*?\*\/|'[^']*'|"[^"]*"/gs, '');
}
