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
import { build, type Metafile, type Plugin, transform } from 'esbuild';
import { licensesOf, RUNTIME, shortenPackages, useStandIns } from './ingredients.ts';

/**
 * Builds the contents of the package from the compiler's output. The command line becomes a few
 * files, because a short run would spend its time finding many. The library stays plain modules.
 */
const COMMAND_LINE = 'dist/bin';
const LIBRARY = 'dist/src';
const ENTRY_POINTS = { 'openai-upload': 'bin/openai-upload.ts', worker: 'src/checksum/worker.js' };

/**
 * Modules that a run loads together, listed by the modules it begins with. Each group becomes one
 * file, because Node takes a third of a millisecond to find and open each file. Code that several
 * groups need goes into the first of them.
 */
const GROUPS: readonly (readonly string[])[] = [
  ['src/cli/main.ts'],
  [
    'src/cli/config/apply-config.ts',
    'src/ui/create-view.ts',
    'src/cli/display.ts',
    'src/cli/render/reporter.ts',
  ],
  [
    'src/cli/commands/list.ts',
    'src/local/list.ts',
    'src/local/local-dependencies.ts',
    'src/local/prune.ts',
    'src/job/read-job.ts',
    'src/sessions/claim-turn.ts',
  ],
  ['src/cli/commands/push.ts', 'src/cli/run-push.ts', 'src/upload/uploader.ts', 'src/job/end-job.ts'],
];

rmSync('dist/test', { recursive: true, force: true });
rmSync(COMMAND_LINE, { recursive: true, force: true });
mkdirSync(COMMAND_LINE, { recursive: true });
await bundleCommandLine();
keepWhatIsReached(LIBRARY, ['index.js', 'index.d.ts']);
await shorten(LIBRARY);

/**
 * Bundles the command line. Commands, and code that only some runs need, are loaded on demand. The
 * files are CommonJS: Node's loader for modules takes 5 ms before it has read the first one, a
 * fifth of what bare Node takes to start. esbuild can split only modules, so it does that first.
 */
async function bundleCommandLine(): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...RUNTIME,
    entryPoints: ENTRY_POINTS,
    outdir: COMMAND_LINE,
    write: false,
    metafile: true,
    bundle: true,
    // esbuild can drop unused code from modules. The other form of jsonc-parser cannot be bundled.
    mainFields: ['module', 'main'],
    splitting: true,
    format: 'esm',
    // The chunks go beside the worker, because src/checksum looks for it in its own folder.
    chunkNames: '[hash]',
    legalComments: 'none',
    plugins: [useStandIns(), shortenPackages()],
  });

  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const fileOf = new Map<string, string>();
  for (const group of groupChunks(metafile)) for (const name of group) fileOf.set(name, group[0] ?? name);

  for (const [name, text] of texts) {
    const group = [...fileOf].filter(([, file]) => file === name).map(([chunk]) => chunk);
    if (group.length === 0 && fileOf.has(name)) continue;
    const code = await toCommonJs(group.length === 0 ? text : await pack(group, texts));
    writeFileSync(join(COMMAND_LINE, name), lookInGroups(code, fileOf));
  }
  chmodSync(join(COMMAND_LINE, 'openai-upload.js'), 0o755);

  writeFileSync(join(COMMAND_LINE, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(join(COMMAND_LINE, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
}

/** Returns the chunks that each group loads at once. The chunks of the entry points stay alone. */
function groupChunks({ outputs }: Metafile): readonly (readonly string[])[] {
  const isTaken = new Set<string>();
  const take = (path: string): string[] => {
    if (isTaken.has(path) || !(path in outputs)) return [];
    isTaken.add(path);
    const below = (outputs[path]?.imports ?? []).filter(({ kind }) => kind === 'import-statement');
    return [basename(path), ...below.flatMap((each) => take(each.path))];
  };
  const takeFrom = (modules: readonly string[]) =>
    modules.flatMap((module) => {
      const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === module);
      if (found === undefined) throw new Error(`no file of the bundle begins with ${module}`);
      return take(found);
    });

  takeFrom(Object.values(ENTRY_POINTS));
  return GROUPS.map(takeFrom);
}

/** Packs the chunks of a group into one module, with a namespace for each chunk. */
async function pack(group: readonly string[], texts: ReadonlyMap<string, string>): Promise<string> {
  const contents = group.map((name) => `export * as ${namespaceOf(name)} from './${name}';`).join('\n');
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

/** Makes each `require` of a packed chunk load its namespace from the file of its group. */
function lookInGroups(code: string, fileOf: ReadonlyMap<string, string>): string {
  return code.replaceAll(/require\("\.\/([^"]+)"\)/g, (call, name: string) => {
    const file = fileOf.get(name);
    return file === undefined ? call : `require("./${file}").${namespaceOf(name)}`;
  });
}

function namespaceOf(chunk: string): string {
  return `chunk_${basename(chunk, '.js')}`;
}

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

/** Deletes the files that no import reaches from these entries. The bundle has a copy of its own. */
function keepWhatIsReached(folder: string, entries: readonly string[]): void {
  const imported = /\b(?:from|import|import\(|new URL\()\s*'(\.[^']+)'/g;
  const reached = new Set(entries.map((entry) => join(folder, entry)));
  for (const path of reached) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(imported)) {
      const target = join(path, '..', specifier);
      // A declaration that imports `.ts` means the declaration of that file.
      reached.add(path.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target);
    }
  }

  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const folders = all.filter((path) => statSync(path).isDirectory());
  for (const path of all) if (!folders.includes(path) && !reached.has(path)) rmSync(path);

  // The deepest come first, because a folder may be empty once the folders in it are gone.
  for (const path of folders.sort().reverse()) if (readdirSync(path).length === 0) rmdirSync(path);
}

/** Shortens the code. Names and short lines stay, so that a stack trace says where it comes from. */
async function shorten(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of names.filter((name) => name.endsWith('.js')).map((name) => join(folder, name))) {
    const { code } = await transform(readFileSync(path, 'utf8'), {
      target: RUNTIME.target,
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 100,
    });
    writeFileSync(path, code);
  }
}
