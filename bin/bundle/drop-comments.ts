import { readFileSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

/** From modules whose declarations stand beside them: those have the comments that a reader of the library wants. */
export function dropComments(paths: readonly string[]): void {
  for (const path of paths) {
    const { code } = transformSync(readFileSync(path, 'utf8'), { target: 'esnext', legalComments: 'none' });
    writeFileSync(path, code);
  }
}
