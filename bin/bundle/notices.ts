import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const COPYRIGHT = /^(?:the mit license \(mit\)|mit license|copyright .*)$/i;

/**
 * The names, versions and licences of the packages that these files belong to, which have to go wherever their code goes.
 * Packages that share the words of a licence share its text.
 * @throws when a package comes without the text of its licence
 */
export function noticesOf(files: readonly string[]): string {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []),
  );
  const holders = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const licence = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (licence === undefined) throw new Error(`${name} comes without the text of its licence`);
    const lines = readFileSync(join(folder, licence), 'utf8')
      .split('\n')
      .map((line) => line.trim());
    const own = lines.filter((line) => /^copyright /i.test(line));
    const words = lines
      .filter((line) => !COPYRIGHT.test(line))
      .join(' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    holders.set(words, [...(holders.get(words) ?? []), `${name} ${version}: ${own.join('; ')}`]);
  }
  const notices = [...holders].map(([words, names]) => `${names.join('\n')}\n\n${words}\n`);
  return `The files beside this one contain code of these packages.\n\n${notices.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
