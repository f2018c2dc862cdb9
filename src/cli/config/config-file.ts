import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../model/clock.ts';
import { isUploadError, systemCode, UploadError } from '../../model/errors.ts';
import { readRegularFile, WRONG_KIND } from '../../model/file-access.ts';
import { absolute, CONFIG_FILE, here, NAME, type Platform } from '../../model/platform.ts';
import {
  chooseProfile,
  profilesOf,
  type StoredConfig,
  valuesOf,
  withoutValue,
  withValue,
} from './profiles.ts';

/** The user's configuration: one file of keys and texts that only the user can read. */
export interface Config {
  readonly path: string;
  /** Returns an empty object when there is no file. @throws UploadError `config_unusable` */
  read(): StoredConfig;
  /** Sets a value at the top or in a profile. @throws UploadError `config_unusable`, `usage` */
  set(key: string, text: string, profile?: string): Promise<void>;
  /** @throws UploadError as `set` does */
  unset(key: string, profile?: string): Promise<void>;
}

export function openConfig(env: NodeJS.ProcessEnv): Config {
  const path = configPath(here(env));
  return {
    path,
    read: () => read(path),
    set: (key, text, profile) => change(path, (stored) => withValue(stored, { key, text, profile, path })),
    unset: (key, profile) => change(path, (stored) => withoutValue(stored, { key, profile, path })),
  };
}

/** The home of a service may be /dev/null, which gives ENOTDIR. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

function read(path: string): StoredConfig {
  let text: string;
  try {
    text = readRegularFile(path, { followLinks: true });
  } catch (cause) {
    if (ABSENT.has(systemCode(cause))) return {};
    throw failed('read', path, cause);
  }
  return parseConfig(text, path);
}

/** How long to wait while another process changes the file, and how often to look. */
const PATIENCE_MS = 10_000;
const POLL_MS = 10;

async function change(path: string, next: (stored: StoredConfig) => StoredConfig): Promise<void> {
  try {
    // Only a change needs this, but every run reads the file.
    const { makeDirectory, writeSavedFile } = await import('../../sessions/saved-file.ts');
    makeDirectory(dirname(path));
    // A value that another process sets at the same time must not be lost.
    const turn = await takeTurn(`${path}.lock`);
    try {
      writeSavedFile(targetOf(path), `${JSON.stringify(next(read(path)), undefined, 2)}\n`);
    } finally {
      turn.release();
    }
  } catch (cause) {
    throw isUploadError(cause) ? cause : failed('written', path, cause);
  }
}

/** Keeps a symbolic link in place: some users keep their settings elsewhere. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return path;
    throw cause;
  }
}

/**
 * Whether an error says that the file's directory belongs to somebody else. It is then unknown
 * whether the file exists.
 */
export function isOutOfReach({ facts }: UploadError, path: string): boolean {
  if (systemCode(facts.cause) !== 'EACCES') return false;
  try {
    statSync(path);
    return false;
  } catch {
    return true;
  }
}

async function takeTurn(lock: string): Promise<{ release(): void }> {
  const { takeLock } = await import('../../lock/lock-file.ts');
  const until = systemClock.monotonic() + PATIENCE_MS;

  try {
    for (;;) {
      const taken = takeLock(lock);
      if ('lock' in taken) return taken.lock;
      if (systemClock.monotonic() >= until) throw new Error('another process is changing it');
      await sleep(POLL_MS);
    }
  } catch (cause) {
    throw failed('written', lock, cause);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk',
  EDQUOT: 'Make room on the disk',
  [WRONG_KIND]: 'Move it away',
};

function failed(what: string, path: string, cause: unknown): UploadError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `the configuration ${path} cannot be ${what}: ${why}`;
  const remedy = REMEDIES[systemCode(cause) ?? ''] ?? 'Fix the permissions';
  const hint = `${remedy}, or name another directory in OPENAI_UPLOAD_CONFIG_DIR.`;
  return new UploadError('config_unusable', { message, hint }, { cause });
}

/**
 * Returns the path of the user's configuration, whether or not the file exists. An empty variable
 * counts as unset.
 */
export function configPath({ platform, env, home }: Platform = here()): string {
  const { OPENAI_UPLOAD_CONFIG_DIR: asked } = env;
  return join(asked ? resolve(asked) : defaultDirectory({ platform, env, home }), CONFIG_FILE);
}

/** Never the directory of the sessions, because every JSON file there is a record. */
function defaultDirectory({ platform, env, home }: Platform): string {
  if (platform === 'win32')
    return join(absolute(env.APPDATA) ?? join(home, 'AppData', 'Roaming'), NAME, 'Config');
  if (platform === 'darwin') return join(home, 'Library', 'Preferences', NAME);
  return join(absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config'), NAME);
}

/**
 * Parses the file. Its keys and values are for the caller to check.
 * @throws UploadError `config_unusable`
 */
function parseConfig(text: string, path: string): StoredConfig {
  // The file is empty after `: > config.json`, or when the disk was full.
  if (text.trim() === '') return {};
  const value = parseJson(text, path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as StoredConfig;
  throw corrupt(path, 'it is not a JSON object');
}

/** Some editors put a byte-order mark first. */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw corrupt(path, 'it is not valid JSON', cause);
  }
}

/** The message does not repeat the content, which may be an API key. */
function corrupt(path: string, why: string, cause?: unknown): UploadError {
  const message = `the configuration ${path} cannot be used: ${why}`;
  const hint = 'Fix it in an editor, or delete it to start again.';
  return new UploadError('config_unusable', { message, hint }, { cause });
}

/** Where a command of `config` looks: in a profile when one is requested, otherwise at the top. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly profile: string | undefined;
}

/** Reads the values in that place. At the top, a broken entry for the profiles is only a fault. */
export function readPlace({ env, profile }: Place) {
  const config = openConfig(env);
  const { path } = config;
  const stored = config.read();

  if (profile !== undefined) {
    const profiles = profilesOf(stored, path);
    const own = chooseProfile(profile, profiles, path);
    return { path, stored: own, profiles: Object.keys(profiles), faults: [] };
  }

  try {
    return { path, stored: valuesOf(stored), profiles: Object.keys(profilesOf(stored, path)), faults: [] };
  } catch (error) {
    if (!isUploadError(error)) throw error;
    return { path, stored: valuesOf(stored), profiles: [], faults: [error] };
  }
}
