import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isUploadError, systemCode, UploadError } from '../model/errors.ts';
import { here } from '../storage/platform.ts';
import { configPath } from './config-path.ts';
import { parseConfig, type StoredConfig } from './parse-config.ts';

/** The user's configuration: one file of keys and texts, readable by the user alone. */
export interface Config {
  readonly path: string;
  /** Nothing when there is no file. @throws UploadError `config_unusable` */
  read(): StoredConfig;
  /** @throws UploadError `config_unusable` */
  set(key: string, text: string): Promise<void>;
  /** @throws UploadError `config_unusable` */
  unset(key: string): Promise<void>;
}

export function openConfig(env: NodeJS.ProcessEnv): Config {
  const path = configPath(here(env));
  return {
    path,
    read: () => read(path),
    set: (key, text) => change(path, (stored) => ({ ...stored, [key]: text })),
    unset: (key) => change(path, ({ [key]: _, ...rest }) => rest),
  };
}

/** Services have homes such as /dev/null. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

/** Without conf, whose loading every run would pay for: bundled it takes a third as long as Node takes to start. */
function read(path: string): StoredConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (ABSENT.has(systemCode(cause))) return {};
    throw failed('read', path, cause);
  }
  return parseConfig(text, path);
}

/** conf writes a synced temporary file, then renames it; a link leads it to the file it stands for. */
async function change(path: string, next: (stored: StoredConfig) => StoredConfig): Promise<void> {
  const directory = dirname(path);
  try {
    const [{ Conf }, { makeDirectory }] = await Promise.all([
      import('../storage/conf.ts'),
      import('../storage/make-directory.ts'),
    ]);
    makeDirectory(directory);
    const store = new Conf<Record<string, unknown>>({
      cwd: directory,
      configName: basename(path, '.json'),
      configFileMode: 0o600,
      accessPropertiesByDotNotation: false,
      clearInvalidConfig: false,
      deserialize: (text) => ({ ...parseConfig(text, path) }),
      serialize: (value) => `${JSON.stringify(value, undefined, 2)}\n`,
    });
    store.store = { ...next({ ...store.store }) };
  } catch (cause) {
    throw isUploadError(cause) ? cause : failed('written', path, cause);
  }
}

/** Whether an error says that the file's directory belongs to somebody else, so that nobody can tell if there is a file. */
export function isOutOfReach({ facts }: UploadError, path: string): boolean {
  if (systemCode(facts.cause) !== 'EACCES') return false;
  try {
    statSync(path);
    return false;
  } catch {
    return true;
  }
}

function failed(what: string, path: string, cause: unknown): UploadError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `the configuration ${path} cannot be ${what}: ${why}`;
  const isFull = ['ENOSPC', 'EDQUOT'].includes(systemCode(cause) ?? '');
  const mend = isFull ? 'Make room on the disk' : 'Mend the permissions';
  const hint = `${mend}, or name another directory in OPENAI_UPLOAD_CONFIG_DIR.`;
  return new UploadError('config_unusable', { message, hint }, { cause });
}
