import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const IMPORTED = /\b(?:from|import|import\(|new URL\()\s*'(\.[^']+)'/g;

/**
 * Deletes what no import leads to from these files: what the command line alone uses is in its bundle.
 * @returns the paths of what is left
 */
export function keepWhatIsReached(folder: string, entries: readonly string[]): readonly string[] {
  const reached = new Set(entries.map((entry) => join(folder, entry)));
  for (const path of reached) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(IMPORTED)) {
      const target = join(path, '..', specifier);
      // Declarations import `.ts` and mean the declaration of that file.
      reached.add(path.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target);
    }
  }
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  for (const path of all) if (statSync(path).isFile() && !reached.has(path)) rmSync(path);
  // The deepest first, so that a folder is looked at when those in it are gone.
  const folders = all
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    .sort()
    .reverse();
  for (const path of folders) if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
  return [...reached];
}
