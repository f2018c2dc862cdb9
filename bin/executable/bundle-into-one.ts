import { readFileSync } from 'node:fs';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import {
  defineHelp,
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
 * run until it is imported. The worker is in it as text, from which a thread is started.
 */
export async function bundleIntoOne(): Promise<{ readonly script: string; readonly licenses: string }> {
  const worker = await build({ ...OPTIONS, entryPoints: ['src/checksum/worker.js'], format: 'esm' });
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: ['bin/openai-upload.ts'],
    // Its compiled code is inside, so it needs no files beside it.
    define: { ...defineHelp(), BUILD: 'undefined' },
    format: 'cjs',
    plugins: [
      useStandIns(),
      searchMimeTypes(),
      shortenPackages(),
      inlineWorker(worker.outputFiles[0]?.text ?? ''),
    ],
  });

  return {
    script: loadWhenUsed(outputFiles[0]?.text ?? ''),
    licenses: licensesOf(Object.keys(metafile.inputs)),
  };
}

/** Inlines the worker, because an executable has no folder that could hold its file. */
function inlineWorker(code: string): Plugin {
  const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(code)}`);

  return {
    name: 'inline-worker',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/]checksum[\\/]hash-file\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const contents = source.replace("new URL('./worker.js', import.meta.url)", `new URL(${url})`);
        if (contents === source) throw new Error(`${path} does not start the worker where it used to`);
        return { contents, loader: 'ts' };
      });
    },
  };
}
