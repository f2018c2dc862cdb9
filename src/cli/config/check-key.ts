import { UploadError } from '../../index.ts';
import { suggest } from '../suggest.ts';
import { CONFIG_KEYS, type ConfigKey, isConfigKey } from './config-keys.ts';

/** @throws UploadError `usage`: with the near key, or with why a secret is none */
export function checkKey(key: string): ConfigKey {
  if (isConfigKey(key)) return key;
  if (isSecret(key)) throw secretRefused(`${key} is not kept in the configuration`);
  const near = suggest(key, Object.keys(CONFIG_KEYS));
  throw new UploadError('usage', {
    message: `there is no key ${key} in the configuration`,
    hint: near === undefined ? `There are ${Object.keys(CONFIG_KEYS).join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** `apiKey`, `OPENAI_API_KEY`, `auth-token`: whatever it is called. */
function isSecret(key: string): boolean {
  return /key|token|secret|passw|credential|bearer|authorization/i.test(key);
}

export function secretRefused(message: string): UploadError {
  const hint =
    'A key in a file stays on the disk and in its backups: set OPENAI_API_KEY in the environment instead.';
  return new UploadError('usage', { message, hint });
}
