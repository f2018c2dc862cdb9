import { rmSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * Packs the command line and what it uses into few files, so that a short run does not spend its time looking for many.
 * The library in dist/src stays plain modules. Commands, and what only some runs need, are chunks of their own.
 */
rmSync('dist/bin', { recursive: true, force: true });
await build({
  entryPoints: { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  minifySyntax: true,
  minifyWhitespace: true,
  // Beside the worker, which src/checksum looks for in its own folder.
  chunkNames: '[name]-[hash]',
  legalComments: 'linked',
  alias: {
    undici: './bin/bundle/undici.cjs',
    'ajv/dist/2020.js': './bin/bundle/no-ajv.js',
    'ajv-formats': './bin/bundle/no-ajv.js',
  },
  // CommonJS packages ask for Node's own modules with `require`.
  banner: {
    js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
  },
});
