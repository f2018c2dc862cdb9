import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, transform } from 'esbuild';

/**
 * Turns what the compiler wrote into what the package holds: the command line as a few files, so
 * that a short run does not spend its time looking for many, and the library as plain modules.
 */
const COMMAND_LINE = 'dist/bin';
const LIBRARY = 'dist/src';
const ENTRY_POINTS = { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' };
const RUNTIME = { platform: 'node', target: 'node20.18' } as const;

/** What stands in, in the bundle, for the imports of these names. Each stand-in says why. */
const STAND_INS: readonly (readonly [imported: RegExp, standIn: string])[] = [
  [/^node:(child_process|http2)$/, 'empty.cjs'],
  [/^semver$/, 'empty.cjs'],
  [/\/(llhttp_simd-wasm|web\/fetch\/body|client-h2)(\.js)?$/, 'empty.cjs'],
  [/^undici$/, 'undici.cjs'],
  [/^ajv\/dist\/2020\.js$|^ajv-formats$/, 'no-ajv.js'],
];

rmSync('dist/test', { recursive: true, force: true });
rmSync(COMMAND_LINE, { recursive: true, force: true });
mkdirSync(COMMAND_LINE, { recursive: true });
await bundleCommandLine();
keepWhatIsReached(LIBRARY, ['index.js', 'index.d.ts']);

/**
 * Commands, and what only some runs need, become chunks of their own. The chunks are CommonJS:
 * Node's loader for modules takes 5 ms before it has read the first one, a fifth of what bare Node
 * takes to start. esbuild splits modules only, so it splits them first, and each chunk is converted
 * afterwards.
 */
async function bundleCommandLine(): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...RUNTIME,
    entryPoints: ENTRY_POINTS,
    outdir: COMMAND_LINE,
    write: false,
    metafile: true,
    bundle: true,
    // Modules can be cut down to what is used. jsonc-parser cannot be bundled in its other form.
    mainFields: ['module', 'main'],
    splitting: true,
    format: 'esm',
    // Beside the worker, which src/checksum looks for in its own folder.
    chunkNames: '[hash]',
    legalComments: 'none',
    plugins: [useStandIns()],
  });

  for (const { path, text } of outputFiles)
    writeFileSync(join(COMMAND_LINE, basename(path)), await toCommonJs(text));
  chmodSync(join(COMMAND_LINE, 'openai-upload.js'), 0o755);

  writeFileSync(join(COMMAND_LINE, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(join(COMMAND_LINE, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
}

function useStandIns(): Plugin {
  return {
    name: 'use-stand-ins',
    setup({ onResolve }) {
      for (const [filter, standIn] of STAND_INS) {
        const path = fileURLToPath(new URL(`stand-ins/${standIn}`, import.meta.url));
        // What we import ourselves we do use, but for undici.
        onResolve({ filter }, ({ importer, path: imported }) =>
          imported === 'undici' || /[\\/]node_modules[\\/]/.test(importer) ? { path } : null,
        );
      }
    },
  };
}

/** Names stay as they are: the trace of a bug is read by them. */
async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    ...RUNTIME,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
    banner: text.includes('import.meta.url')
      ? "const moduleUrl=require('node:url').pathToFileURL(__filename).href;"
      : '',
    minifySyntax: true,
    minifyWhitespace: true,
  });
  return code;
}

/**
 * The names, versions and licences of the packages that these files belong to, which have to go
 * wherever their code goes. Packages that share the words of a licence share its text.
 * @throws when a package comes without the text of its licence
 */
function licensesOf(files: readonly string[]): string {
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

/** The title has the package and its copyright; the text is the rest, without the line breaks. */
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

/**
 * Deletes the files that no import leads to from these entries: what the command line alone uses is
 * in its bundle.
 */
function keepWhatIsReached(folder: string, entries: readonly string[]): void {
  const imported = /\b(?:from|import|import\(|new URL\()\s*'(\.[^']+)'/g;
  const reached = new Set(entries.map((entry) => join(folder, entry)));
  for (const path of reached) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(imported)) {
      const target = join(path, '..', specifier);
      // Declarations import `.ts` and mean the declaration of that file.
      reached.add(path.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target);
    }
  }

  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const folders = all.filter((path) => statSync(path).isDirectory());
  for (const path of all) if (!folders.includes(path) && !reached.has(path)) rmSync(path);

  // The deepest first, so that a folder is empty when those in it are gone.
  for (const path of folders.sort().reverse()) if (readdirSync(path).length === 0) rmdirSync(path);
}
