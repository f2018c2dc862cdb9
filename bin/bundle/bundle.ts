import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';

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

const { outputFiles } = await build({
  entryPoints: { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' },
  outdir: FOLDER,
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  // Beside the worker, which src/checksum looks for in its own folder.
  chunkNames: '[name]-[hash]',
  legalComments: 'linked',
  alias: {
    'node:child_process': './bin/bundle/empty.cjs',
    'node:http2': './bin/bundle/empty.cjs',
    semver: './bin/bundle/empty.cjs',
    undici: './bin/bundle/undici.cjs',
    'ajv/dist/2020.js': './bin/bundle/no-ajv.js',
    'ajv-formats': './bin/bundle/no-ajv.js',
  },
});

for (const { path, text } of outputFiles) {
  const to = join(FOLDER, basename(path));
  writeFileSync(to, path.endsWith('.js') ? await toCommonJs(text) : text);
}
chmodSync(join(FOLDER, 'openai-upload.js'), 0o755);

writeFileSync(join(FOLDER, 'package.json'), '{"type":"commonjs"}\n');

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
