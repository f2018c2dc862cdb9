import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Script } from 'node:vm';
import { readCompiled, writeCompiled } from './compiled-file.ts';

interface CompiledCode {
  /** The compiled code of each file, by its name. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Keeps that of these scripts for later runs of the same command. */
  readonly keep: (scripts: ReadonlyMap<string, Script>) => void;
}

/** Our part of a directory for caches. On Windows, the saved sessions are in its first folder too. */
const OURS = ['openai-upload', 'compiled'];

/** A folder of ours: the build, the processor, and the version of Node with its flags. */
const FOLDER = /^[0-9a-f]{16}-\w+-[\w.-]+$/;

/** Code that was kept so long ago may be that of another version of the program or of Node. */
const OLD_MS = 30 * 86_400_000;

/**
 * Opens the compiled code for a command, because each command runs other functions. Without it, a run
 * only takes longer: no error of it may end a run.
 * @returns undefined when none is to be kept
 */
export function openCompiledCode(
  build: string,
  command: string | undefined,
  env: NodeJS.ProcessEnv,
): CompiledCode | undefined {
  const root = ifPossible(() => rootOf(env));
  if (root === undefined) return undefined;

  const name = /^[a-z][\w-]{0,40}$/.test(command ?? '') ? `${command}` : 'other';
  const path = join(root, `${build}-${process.arch}-${engineOf(env)}`, name);

  return {
    files: ifPossible(() => readCompiled(path)) ?? new Map(),
    keep(scripts) {
      ifPossible(() => replaceCompiled(path, scripts));
      ifPossible(() => forgetOld(root));
    },
  };
}

/**
 * Names the version of Node and its flags. V8 refuses code of other flags, but takes that of a Node
 * whose V8 has the same version and other patches, and crashes.
 */
function engineOf({ NODE_OPTIONS = '' }: NodeJS.ProcessEnv): string {
  const names = [process.versions.node, ...process.execArgv, NODE_OPTIONS].join(' ').trim();
  return names.replaceAll(/[^\w.]+/g, '-').slice(0, 100);
}

/**
 * Finds the directory for compiled code, if it is to be kept. CI mostly starts from an empty disk,
 * where keeping it costs more than it saves. None is kept in a home that belongs to somebody else
 * (under sudo, for example), because code from there would run with your rights.
 */
function rootOf(env: NodeJS.ProcessEnv): string | undefined {
  if (env.CI || env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  if (env.NODE_COMPILE_CACHE) return join(env.NODE_COMPILE_CACHE, ...OURS);

  const place = cachePlace(env);
  if (place === undefined || !isOurs(place.home) || !isOurs(place.caches)) return undefined;
  return join(place.caches, ...OURS);
}

/** Finds the directory in which programs of this platform keep their caches. */
function cachePlace(env: NodeJS.ProcessEnv): { readonly home: string; readonly caches: string } | undefined {
  if (process.platform === 'win32') {
    const home = env.LOCALAPPDATA;
    return home ? { home, caches: home } : undefined;
  }

  const home = env.HOME;
  if (!home) return undefined;
  if (process.platform === 'darwin') return { home, caches: join(home, 'Library', 'Caches') };
  return { home, caches: env.XDG_CACHE_HOME || join(home, '.cache') };
}

/** A directory that does not exist yet will be ours. */
function isOurs(directory: string): boolean {
  const uid = process.getuid?.();
  const owner = statSync(directory, { throwIfNoEntry: false })?.uid;
  return uid === undefined || owner === undefined || owner === uid;
}

function replaceCompiled(path: string, scripts: ReadonlyMap<string, Script>): void {
  makeFolders(dirname(path));
  const draft = `${path}.${process.pid}`;
  try {
    writeCompiled(draft, scripts);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Makes the directory for caches and our folders in it. Node's own `recursive` never ends where none
 * can be made, as in /proc.
 */
function makeFolders(folder: string): void {
  const root = dirname(folder);
  for (const place of [dirname(dirname(root)), dirname(root), root, folder])
    if (!existsSync(place)) mkdirSync(place, { mode: 0o700 });
}

/** Deletes only what is ours by its name and kind, because the folder may be a link to anywhere. */
function forgetOld(root: string): void {
  for (const name of readdirSync(root).filter((each) => FOLDER.test(each))) {
    const path = join(root, name);
    const found = lstatSync(path);
    if (found.isDirectory() && found.mtimeMs < Date.now() - OLD_MS) rmSync(path, { recursive: true });
  }
}

function ifPossible<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
