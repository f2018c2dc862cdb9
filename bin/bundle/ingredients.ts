import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, transform } from 'esbuild';
import mime from 'mime';
import otherTypes from 'mime/types/other.js';
import standardTypes from 'mime/types/standard.js';

/** The build options that the package and the single executable share. */
export const RUNTIME = { platform: 'node', target: 'node20.18' } as const;

/**
 * Gives the start what these flags print, because making the help takes half of what bare Node takes
 * to start.
 */
export function defineTexts(): { readonly HELP: string; readonly VERSION: string } {
  const printed = (flag: string) => {
    const argv = ['--import', 'tsx', 'bin/openai-upload.ts', flag];
    return JSON.stringify(execFileSync(process.execPath, argv, { encoding: 'utf8' }));
  };
  return { HELP: printed('--help'), VERSION: printed('--version') };
}

/** The stand-ins that replace these imports in the bundle. Each stand-in says why. */
const STAND_INS: readonly (readonly [imported: RegExp, standIn: string])[] = [
  [/^node:(child_process|http2)$/, 'empty.cjs'],
  [/^node:assert$/, 'assert.cjs'],
  [/^node:http$/, 'http.cjs'],
  [/\/(llhttp_simd-wasm|web\/fetch\/body|client-h2)(\.js)?$/, 'empty.cjs'],
  [/\/diagnostics(\.js)?$/, 'diagnostics.cjs'],
  [/\/client-h1(\.js)?$/, 'client-h1.cjs'],
  [/^\.\/tree$/, 'tree.cjs'],
  [/^undici$/, 'undici.cjs'],
];

export function useStandIns(): Plugin {
  return {
    name: 'use-stand-ins',
    setup({ onResolve }) {
      for (const [filter, standIn] of STAND_INS) {
        const path = fileURLToPath(new URL(`stand-ins/${standIn}`, import.meta.url));
        // Only dependencies get stand-ins, because our own code uses what it imports. The exception
        // is undici.
        onResolve({ filter }, ({ importer, path: imported }) =>
          imported === 'undici' || /[\\/]node_modules[\\/]/.test(importer) ? { path } : null,
        );
      }
    },
  };
}

/** Replaces `mime` with a stand-in that searches its types as one text. */
export function searchMimeTypes(): Plugin {
  const tables: readonly Readonly<Record<string, readonly string[]>>[] = [standardTypes, otherTypes];
  const endings = tables.flatMap((table) => Object.values(table).flat());
  // The package marks an ending with a star where another type has it.
  const lines = endings
    .map((ending) => ending.replace('*', ''))
    .map((ending) => `\n${ending} ${mime.getType(ending)}`);
  const standIn = fileURLToPath(new URL('stand-ins/mime.mjs', import.meta.url));

  return {
    name: 'search-mime-types',
    setup({ initialOptions, onLoad }) {
      const types = `${[...new Set(lines)].join('')}\n`;
      initialOptions.define = { ...initialOptions.define, MIME_TYPES: JSON.stringify(types) };
      onLoad({ filter: /[\\/]node_modules[\\/]mime[\\/]dist[\\/]src[\\/]index\.js$/ }, () => ({
        contents: readFileSync(standIn, 'utf8'),
      }));
    },
  };
}

/** Keeps, of the constants of undici's parser, those that its client uses: two of thirty. */
export function keepUsedConstants(): Plugin {
  return {
    name: 'keep-used-constants',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]undici[\\/]lib[\\/]llhttp[\\/]constants\.js$/ }, ({ path }) => {
        const client = readFileSync(join(path, '../../dispatcher/client-h1.js'), 'utf8');
        const used = [...client.matchAll(/\bconstants\.([A-Z_]+)/g)].map(([, name]) => name);
        const tables = Object.entries(createRequire(path)(path)).filter(([name]) => used.includes(name));
        return { contents: `module.exports = ${JSON.stringify(Object.fromEntries(tables))}` };
      });
    },
  };
}

/**
 * Shortens the names in the code of packages, which is half of what a push loads, so that it
 * compiles faster. Our own code keeps its names, because the stack trace in a bug report needs them.
 */
export function shortenPackages(): Plugin {
  return {
    name: 'shorten-packages',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
        const { code } = await transform(readFileSync(path, 'utf8'), { ...RUNTIME, minify: true });
        return { contents: code };
      });
    },
  };
}

/**
 * Loads these modules of Node where they are used, not where they are imported: `list` needs no
 * hash, and loading node:crypto takes it a third of the time that bare Node takes to start.
 */
export function loadWhenUsed(code: string): string {
  const imports = code.matchAll(/\b(import_\w+)=(require\("node:(?:crypto|fs\/promises)"\))/g);
  return [...imports].reduce((text, [declaration, name, load = '']) => {
    const lazy = text
      .replace(declaration, `${name}=0`)
      .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${load}.`);
    // Used as a whole, it would be 0. To be declared is no use.
    const uses = lazy.replace(new RegExp(`(\\bvar (?:[^;]*,)?)${name}(?=[,;])`), '$1');
    if (new RegExp(`\\b${name}\\b(?!=0\\b)`).test(uses)) throw new Error(`${name} is used as a whole`);
    return lazy;
  }, code);
}

/** Functions that esbuild adds to each file, under names that nothing else has. */
const HELPERS = [
  ...['create', 'defProp', 'getOwnPropDesc', 'getOwnPropNames', 'getProtoOf', 'hasOwnProp'],
  ...['export', 'copyProps', 'toESM', 'toCommonJS'],
];

/** Shortens the names of esbuild's functions, which take 8 KB of the package. */
export function shortenHelpers(code: string): string {
  const names = new RegExp(`\\b__(${HELPERS.join('|')})\\b`, 'g');
  return code.replaceAll(names, (_, name: string) => `__${HELPERS.indexOf(name)}`);
}

/**
 * Returns the names, versions and licences of the packages that these files belong to. They have to
 * go wherever the code goes. Packages whose licences have the same words share one text.
 * @throws when a package comes without the text of its licence
 */
export function licensesOf(files: readonly string[]): string {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []),
  );

  const packagesByText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { title, text } = licenseIn(folder);
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), title]);
  }

  const notices = [...packagesByText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`);
  const line = `\n${'-'.repeat(72)}\n\n`;
  return `The files beside this one contain code of these packages.\n\n${notices.join(line)}`;
}

/** The title names the package and its copyright. The text is the rest, without line breaks. */
function licenseIn(folder: string): { readonly title: string; readonly text: string } {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} comes without the text of its licence`);

  const lines = readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .map((line) => line.trim());
  const copyrights = lines.filter((line) => /^copyright /i.test(line));
  const isHeading = (line: string) => /^(the mit license \(mit\)|mit license|copyright .*)$/i.test(line);
  const text = lines.filter((line) => !isHeading(line)).join(' ');

  return {
    title: `${name} ${version}: ${copyrights.join('; ')}`,
    text: text.replaceAll(/\s+/g, ' ').trim(),
  };
}
