import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Metafile, transform } from 'esbuild';
import {
  defineTexts,
  keepUsedConstants,
  licensesOf,
  loadWhenUsed,
  RUNTIME,
  searchMimeTypes,
  shortenHelpers,
  shortenPackages,
  useStandIns,
} from './ingredients.ts';
import { packLibrary } from './library.ts';
import { lookInGroups, pack } from './pack-chunks.ts';

/**
 * Builds the contents of the package from the compiler's output. The command line becomes a few
 * files, because a short run would spend its time finding many. The library stays plain modules.
 */
const COMMAND_LINE = 'dist/bin';
/** What the process and the worker threads run first. */
const STARTS = ['bin/openai-upload.ts', 'src/checksum/worker.js', 'src/sessions/read-files-worker.js'];
const MAIN = 'src/cli/main.ts';

/**
 * Modules that a run loads together, listed by the modules it begins with. Each group becomes one
 * file, because Node takes a third of a millisecond to find and open each file. V8 also moves a text
 * of less than 128 KB each time it collects garbage. Code that several groups need goes into the
 * first of them.
 */
const GROUPS: readonly (readonly string[])[] = [
  [
    MAIN,
    'src/cli/config/apply-config.ts',
    'src/ui/create-view.ts',
    'src/cli/display.ts',
    'src/cli/render/reporter.ts',
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
await packLibrary('dist/src', ['index.js', 'index.d.ts']);

/**
 * Bundles the command line. Commands, and code that only some runs need, are loaded on demand. The
 * files are CommonJS: Node's loader for modules takes 5 ms before it has read the first one, a
 * fifth of what bare Node takes to start. esbuild can split only modules, so it does that first.
 */
async function bundleCommandLine(): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...RUNTIME,
    entryPoints: { main: MAIN },
    outdir: COMMAND_LINE,
    write: false,
    metafile: true,
    bundle: true,
    // esbuild can drop unused code from modules. The other form of jsonc-parser cannot be bundled.
    mainFields: ['module', 'main'],
    splitting: true,
    format: 'esm',
    // The chunks go beside the workers, because a module looks for its worker in its own folder.
    chunkNames: '[hash]',
    legalComments: 'none',
    plugins: [useStandIns(), searchMimeTypes(), keepUsedConstants(), shortenPackages()],
  });

  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const exportsOf = (chunk: string) => metafile.outputs[join(COMMAND_LINE, chunk)]?.exports ?? [];
  const fileOf = new Map<string, string>();
  for (const group of groupChunks(metafile)) for (const name of group) fileOf.set(name, group[0] ?? name);

  const contents = createHash('sha256');
  for (const [name, text] of texts) {
    const group = [...fileOf].filter(([, file]) => file === name).map(([chunk]) => chunk);
    if (group.length === 0 && fileOf.has(name)) continue;
    const unlinked = await toCommonJs(group.length === 0 ? text : await pack(group, { texts, exportsOf }));
    const code = lookInGroups(unlinked, fileOf);
    contents.update(`${name}\n${code}\n`);
    writeFileSync(join(COMMAND_LINE, name), asFunction(code));
  }

  const define = { ...defineTexts(), BUILD: JSON.stringify(contents.digest('hex').slice(0, 16)) };
  for (const start of STARTS) {
    const name = basename(start).replace(/\.ts$/, '.js');
    writeFileSync(join(COMMAND_LINE, name), await toCommonJs(await bundleStart(start, define)));
  }
  chmodSync(join(COMMAND_LINE, 'openai-upload.js'), 0o755);

  writeFileSync(join(COMMAND_LINE, 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(join(COMMAND_LINE, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
}

/** Bundles a file that runs first with a copy of what it imports, so that it waits for no other. */
async function bundleStart(start: string, define: Readonly<Record<string, string>>): Promise<string> {
  const { outputFiles } = await build({
    ...RUNTIME,
    entryPoints: [start],
    define,
    bundle: true,
    write: false,
    format: 'esm',
  });
  return outputFiles[0]?.text ?? '';
}

/** Returns the chunks that each group loads at once. */
function groupChunks({ outputs }: Metafile): readonly (readonly string[])[] {
  const isTaken = new Set<string>();
  const take = (path: string): string[] => {
    if (isTaken.has(path) || !(path in outputs)) return [];
    isTaken.add(path);
    const below = (outputs[path]?.imports ?? []).filter(({ kind }) => kind === 'import-statement');
    return [basename(path), ...below.flatMap((each) => take(each.path))];
  };
  return GROUPS.map((modules) =>
    modules.flatMap((module) => {
      const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === module);
      if (found === undefined) throw new Error(`no file of the bundle begins with ${module}`);
      return take(found);
    }),
  );
}

/** Wraps a file in the function that the loader calls. @throws when it would not be read as ASCII */
function asFunction(code: string): string {
  if (/[^\0-\x7f]/.test(code)) throw new Error('a file of the bundle is not ASCII');
  return `(function(exports,require,module,__filename,__dirname){${shortenHelpers(code)}\n})`;
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
  return loadWhenUsed(code);
}
