import { UploadError } from '../../model/errors.ts';

/** What a configuration says, as it stands in its file. What keys and values there may be is for its reader to know. */
export type StoredConfig = Readonly<Record<string, unknown>>;

/** @throws UploadError `config_unusable` */
export function parseConfig(text: string, path: string): StoredConfig {
  // As `: > config.json` leaves it, and a disk that was full.
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

/** What stands there is not repeated: it may be a key. */
function corrupt(path: string, why: string, cause?: unknown): UploadError {
  const message = `the configuration ${path} cannot be used: ${why}`;
  const hint = 'Mend it in an editor, or remove it to begin anew.';
  return new UploadError('config_unusable', { message, hint }, { cause });
}
