import { readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { RUNTIME } from './ingredients.ts';

/** Leaves only what a program can import from these entries of a folder, and shortens it. */
export async function packLibrary(folder: string, entries: readonly string[]): Promise<void> {
  keepWhatIsReached(folder, entries);
  indentByTabs(folder);
  await shorten(folder);
}

/** Deletes the files that no import reaches from these entries. The bundle has a copy of its own. */
function keepWhatIsReached(folder: string, entries: readonly string[]): void {
  const imported = /\b(?:from|import|import\(|new URL\()\s*'(\.[^']+)'/g;
  const reached = new Set(entries.map((entry) => join(folder, entry)));
  for (const path of reached) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(imported)) {
      const target = join(path, '..', specifier);
      // A declaration that imports `.ts` means the declaration of that file.
      reached.add(path.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target);
    }
  }

  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const folders = all.filter((path) => statSync(path).isDirectory());
  for (const path of all) if (!folders.includes(path) && !reached.has(path)) rmSync(path);

  // The deepest come first, because a folder may be empty once the folders in it are gone.
  for (const path of folders.sort().reverse()) if (readdirSync(path).length === 0) rmdirSync(path);
}

/** Indents the declarations by tabs, which are one byte. The compiler writes four spaces for each. */
function indentByTabs(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of names.filter((name) => name.endsWith('.d.ts')).map((name) => join(folder, name))) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)),
    );
  }
}

/** Shortens the code. Names and short lines stay, so that a stack trace says where it comes from. */
async function shorten(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of names.filter((name) => name.endsWith('.js')).map((name) => join(folder, name))) {
    const { code } = await transform(readFileSync(path, 'utf8'), {
      target: RUNTIME.target,
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 1000,
    });
    writeFileSync(path, code);
  }
}
