import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import {
  defineTexts,
  keepUsedConstants,
  licensesOf,
  loadWhenUsed,
  RUNTIME,
  searchMimeTypes,
  shortenPackages,
  useStandIns,
} from '../bundle/ingredients.ts';

const OPTIONS = {
  ...RUNTIME,
  bundle: true,
  write: false,
  metafile: true,
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
} satisfies BuildOptions & { write: false; metafile: true };

/**
 * Bundles the command line into one script. Code that only some runs need is in it, but does not
 * run until it is imported. The workers are in it as text, from which a thread is started.
 */
export async function bundleIntoOne(): Promise<{ readonly script: string; readonly licenses: string }> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: ['bin/openai-upload.ts'],
    // Its compiled code is inside, so it needs no files beside it.
    define: { ...defineTexts(), BUILD: 'undefined' },
    format: 'cjs',
    plugins: [useStandIns(), searchMimeTypes(), keepUsedConstants(), shortenPackages(), inlineWorkers()],
  });

  return {
    script: loadWhenUsed(outputFiles[0]?.text ?? ''),
    licenses: licensesOf(Object.keys(metafile.inputs)),
  };
}

/** Inlines the workers, because an executable has no folder that could hold their files. */
function inlineWorkers(): Plugin {
  const place = /new URL\('(\.\/[\w-]*worker\.js)', import\.meta\.url\)/;

  return {
    name: 'inline-workers',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const [found, worker] = place.exec(source) ?? [];
        if (found === undefined || worker === undefined) return undefined;

        const entryPoints = [join(dirname(path), worker)];
        const { outputFiles } = await build({ ...OPTIONS, entryPoints, format: 'esm' });
        const code = encodeURIComponent(outputFiles[0]?.text ?? '');
        const url = JSON.stringify(`data:text/javascript,${code}`);
        return { contents: source.replace(found, () => `new URL(${url})`), loader: 'ts' };
      });
    },
  };
}
