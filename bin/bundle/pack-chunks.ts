import { basename } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { RUNTIME } from './ingredients.ts';

interface Chunks {
  readonly texts: ReadonlyMap<string, string>;
  readonly exportsOf: (chunk: string) => readonly string[];
}

/**
 * Packs the chunks of a group into one file. What a chunk exports is put together when another file
 * asks for it. esbuild would make a getter for each name as the file loads, and few runs use half of
 * them.
 */
export async function pack(group: readonly string[], { texts, exportsOf }: Chunks): Promise<string> {
  const chunks = group.map((chunk) => {
    const names = exportsOf(chunk);
    const own = names.map((name) => `${name} as ${namespaceOf(chunk)}_${name}`);
    const fields = names.map((name) => `${name}: ${namespaceOf(chunk)}_${name}`);
    return {
      imports: `import { ${own.join()} } from './${chunk}';`,
      getter: `get ${namespaceOf(chunk)}() { return { ${fields.join()} }; }`,
    };
  });
  const contents = `${chunks.map(({ imports }) => imports).join('\n')}
    export const chunks = { ${chunks.map(({ getter }) => getter).join()} };`;

  const plugin: Plugin = {
    name: 'pack-chunks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path }) =>
        group.includes(basename(path))
          ? { path: basename(path), namespace: 'chunk' }
          : { path, external: true },
      );
      onLoad({ filter: /./, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) ?? '' }));
    },
  };

  const { outputFiles } = await build({
    ...RUNTIME,
    stdin: { contents },
    bundle: true,
    write: false,
    format: 'esm',
    legalComments: 'none',
    plugins: [plugin],
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Makes each `require` of a packed chunk load its namespace from the file of its group. What esbuild
 * does for other CommonJS, ours does not need: it would make a getter for each name.
 */
export function lookInGroups(code: string, fileOf: ReadonlyMap<string, string>): string {
  return code.replaceAll(/(?:\b__toESM\()?(require\("\.\/([^"]+)"\))\)?/g, (found, call, name: string) => {
    const file = fileOf.get(name);
    const loaded = file === undefined ? call : `require("./${file}").chunks.${namespaceOf(name)}`;
    return found.startsWith('__toESM') ? loaded : loaded + found.slice(call.length);
  });
}

function namespaceOf(chunk: string): string {
  return `chunk_${basename(chunk, '.js')}`;
}
