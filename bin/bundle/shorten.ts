import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Gives what is inside of our dependencies short names. Our own names stay, for they are what the trace of a bug is read by. */
export const shorten: Plugin = {
  name: 'shorten',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, async ({ path }) => {
      const { code } = await esbuild.transform(await readFile(path, 'utf8'), {
        minify: true,
        target: 'node20.18',
        legalComments: 'none',
      });
      return { contents: code, loader: 'js' };
    });
  },
};
