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
import { basename, join, relative } from 'node:path';
import { build, transform } from 'esbuild';
import { licensesOf, RUNTIME, useStandIns } from './ingredients.ts';

/**
 * Turns what the compiler wrote into what the package holds: the command line as a few files, so
 * that a short run does not spend its time looking for many, and the library as plain modules.
 */
const COMMAND_LINE = 'dist/bin';
const LIBRARY = 'dist/src';
const ENTRY_POINTS = { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' };

rmSync('dist/test', { recursive: true, force: true });
rmSync(COMMAND_LINE, { recursive: true, force: true });
mkdirSync(COMMAND_LINE, { recursive: true });
await bundleCommandLine();
keepWhatIsReached(LIBRARY, ['index.js', 'index.d.ts']);
await dropComments(LIBRARY);

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

  for (const { path, text } of outputFiles) {
    const { inputs = {}, bytes = 0 } = metafile.outputs[relative('.', path)] ?? {};
    const own = Object.entries(inputs).filter(([input]) => input.startsWith('src/'));
    const ownBytes = own.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    const isForeign = ownBytes < bytes / 5;
    writeFileSync(join(COMMAND_LINE, basename(path)), await toCommonJs(text, isForeign));
  }
  chmodSync(join(COMMAND_LINE, 'openai-upload.js'), 0o755);

  writeFileSync(join(COMMAND_LINE, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(join(COMMAND_LINE, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
}

/** Names stay as they are where most of the code is ours: the trace of a bug is read by them. */
async function toCommonJs(text: string, minifyIdentifiers: boolean): Promise<string> {
  const { code } = await transform(text, {
    ...RUNTIME,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
    banner: text.includes('import.meta.url')
      ? "const moduleUrl=require('node:url').pathToFileURL(__filename).href;"
      : '',
    minifyIdentifiers,
    minifySyntax: true,
    minifyWhitespace: true,
  });
  return code;
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

/** The comments on what is exported are in the declarations, which editors read. */
async function dropComments(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of names.filter((name) => name.endsWith('.js')).map((name) => join(folder, name))) {
    const { code } = await transform(readFileSync(path, 'utf8'), { target: RUNTIME.target });
    writeFileSync(path, code);
  }
}
