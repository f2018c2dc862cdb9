import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * Expands `*` and `?` in the last part of each path on Windows, whose shell leaves that to the
 * program. No file there can have such a name. A pattern without a match stays as it is, and is
 * reported.
 */
export async function expandWildcards(
  paths: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Promise<readonly string[]> {
  if (platform !== 'win32') return paths;
  return (await Promise.all(paths.map(matchesOf))).flat();
}

async function matchesOf(path: string): Promise<readonly string[]> {
  const pattern = basename(path);
  if (!/[*?]/.test(pattern)) return [path];

  const folder = path.slice(0, path.length - pattern.length);
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const isMatch = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  const names = await readdir(folder || '.').catch(() => []);
  const found = names.filter(
    (name) => isMatch.test(name) && name.startsWith('.') === pattern.startsWith('.'),
  );
  return found.length === 0 ? [path] : found.sort().map((name) => `${folder}${name}`);
}
