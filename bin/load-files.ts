import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { openCompiledCode } from './compiled-code.ts';

export type LoadFile = (name: string) => Readonly<Record<string, unknown>>;

export interface Bundle {
  readonly directory: string;
  /** Names the contents: V8 checks only the length of a text whose compiled code it takes. */
  readonly build: string;
}

/** V8 throws away the compiled code of what has not run for a while. A long run would keep too little. */
const LONG_RUN_S = 10;

/**
 * Returns a function that loads a file of the bundle, with the code that V8 compiled for it in an
 * earlier run of the same command. Node can keep compiled code too, but not Node 20, and only of the
 * functions that run while a file loads. Those of a push are compiled later, which takes longer than
 * bare Node takes to start.
 * @param command the first word of the command line
 */
export function createFileLoader(
  { directory, build }: Bundle,
  command: string | undefined,
  env: NodeJS.ProcessEnv,
): LoadFile {
  const compiled = openCompiledCode(build, command, env);
  const scripts = new Map<string, Script>();
  const modules = new Map<string, { readonly exports: ReturnType<LoadFile> }>();
  /** V8's flags when the first code was missing. */
  let flags: number | undefined;

  const load: LoadFile = (name) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;

    const filename = join(directory, name);
    // The build writes a function in ASCII, so that the text is not decoded and put together here.
    const source = readFileSync(filename, 'latin1');
    const cachedData = compiled?.files.get(name);
    const script = new Script(source, { filename, ...(cachedData && { cachedData }) });
    scripts.set(name, script);
    if (compiled && (cachedData === undefined || script.cachedDataRejected)) flags ??= tagOfFlags();

    const module = { exports: {} };
    modules.set(name, module);
    script.runInThisContext()(module.exports, require, module, filename, directory);
    return module.exports;
  };
  const require = (name: string) =>
    name.startsWith('./') ? load(name.slice(2)) : process.getBuiltinModule(name);

  process.once('exit', (exitCode) => {
    if (flags === undefined || exitCode !== 0 || process.uptime() >= LONG_RUN_S) return;
    // V8 takes code only under the flags it was compiled with, and this run may have changed them.
    if (tagOfFlags() === flags) compiled?.keep(scripts);
  });
  return load;
}

/** Stands for V8's flags. Its module, and streams with it, take up to a tenth of `list` to load. */
function tagOfFlags(): number {
  return process.getBuiltinModule('node:v8').cachedDataVersionTag();
}
