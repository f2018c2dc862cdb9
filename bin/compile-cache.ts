import { statSync } from 'node:fs';
import type module from 'node:module';
import { join } from 'node:path';

/** Our types are those of Node 20, which lacks this function. */
type NewerModule = typeof module & { readonly enableCompileCache?: (directory: string) => unknown };

/**
 * Lets Node 22.1 and newer keep the compiled code of the program in your cache directory, so the
 * next run starts sooner. Node 20 cannot do this, so nothing happens there.
 *
 * If you set NODE_COMPILE_CACHE, Node has already followed it. CI mostly starts from an empty disk,
 * where writing the cache costs more than it saves. No cache is kept in a home that belongs to
 * somebody else (under sudo, for example), because code compiled there would run with your rights.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  // Asked by its version: to load the module takes longer than all else here. A single executable
  // has its compiled code inside.
  if (Number.parseInt(process.versions.node, 10) < 22 || process.getBuiltinModule('node:sea').isSea()) return;
  if (env.CI || env.NODE_COMPILE_CACHE || env.NODE_DISABLE_COMPILE_CACHE) return;

  const place = cachePlace(env);
  if (place === undefined || !isOurs(place.home) || !isOurs(place.caches)) return;
  const { enableCompileCache } = process.getBuiltinModule('node:module') as NewerModule;
  enableCompileCache?.(join(place.caches, 'openai-upload'));
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
