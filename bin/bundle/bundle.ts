import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';
import { dropComments } from './drop-comments.ts';
import { keepWhatIsReached } from './keep-what-is-reached.ts';
import { leaveOut } from './leave-out.ts';
import { noticesOf } from './notices.ts';
import { shareHelpers } from './share-helpers.ts';
import { shorten } from './shorten.ts';

/**
 * Packs the command line and what it uses into few files, so that a short run does not spend its time looking for many.
 * The library in dist/src stays plain modules. Commands, and what only some runs need, are chunks of their own.
 *
 * The chunks are CommonJS: Node's loader for modules takes 5 ms before it has read the first, a fifth of what bare Node
 * takes to start. esbuild splits modules only, so it cuts them first, and each is turned into CommonJS afterwards.
 */
const FOLDER = 'dist/bin';
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const { outputFiles, metafile } = await build({
  entryPoints: { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' },
  outdir: FOLDER,
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  // What comes as modules can be cut down to what is used; jsonc-parser cannot be bundled in its other form.
  mainFields: ['module', 'main'],
  // Beside the worker, which src/checksum looks for in its own folder.
  chunkNames: '[hash]',
  legalComments: 'none',
  plugins: [leaveOut, shorten],
});

const chunks = new Map<string, string>();
for (const { path, text } of outputFiles) chunks.set(basename(path), await toCommonJs(text));
for (const [name, code] of shareHelpers(chunks, 'helpers.js')) writeFileSync(join(FOLDER, name), code);
chmodSync(join(FOLDER, 'openai-upload.js'), 0o755);

writeFileSync(join(FOLDER, 'package.json'), '{"type":"commonjs"}\n');
writeFileSync(join(FOLDER, 'licenses.txt'), noticesOf(Object.keys(metafile.inputs)));

const library = keepWhatIsReached('dist/src', ['index.js', 'index.d.ts']);
dropComments(library.filter((path) => path.endsWith('.js')));

async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20.18',
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
