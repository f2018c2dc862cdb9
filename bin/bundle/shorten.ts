import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Gives what is inside of functions short names, and in our dependencies everything. The names of our own functions stay: they
 * are what the trace of a bug is read by.
 */
export const shorten: Plugin = {
  name: 'shorten',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /\.[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const isModule = /^(import|export)\b/m.test(text);
      const { code } = await esbuild.transform(text, {
        loader: path.endsWith('.ts') ? 'ts' : 'js',
        minify: true,
        target: 'node20.18',
        legalComments: 'none',
        // Where a format is named, the outermost names are a file's own as well.
        ...(/[\\/]node_modules[\\/]/.test(path) && { format: isModule ? 'esm' : 'cjs' }),
      });
      return { contents: code, loader: 'js' };
    });
  },
};
