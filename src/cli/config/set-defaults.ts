import type { Command } from 'commander';
import { checkConfig } from './check-config.ts';
import { type ConfigKey, overridingVariable } from './config-keys.ts';
import { type FlagValue, flagParser } from './flag-parser.ts';

/**
 * Sets those flags of a command that neither its arguments nor the environment has set. What it does not take is checked all the
 * same. @throws UploadError `usage`
 */
export function setDefaults(
  command: Command,
  env: NodeJS.ProcessEnv,
  { stored, path }: { readonly stored: Readonly<Record<string, unknown>>; readonly path: string },
): void {
  const { entries, faults } = checkConfig(stored, path, flagParser(command));
  if (faults[0] !== undefined) throw faults[0];
  const taken = new Set(command.options.map((option) => option.attributeName()));
  const fromConfig: Partial<Record<ConfigKey, FlagValue>> = {};
  for (const { key, value } of entries) {
    if (!taken.has(key) || isSet(command, key) || overridingVariable(key, env) !== undefined) continue;
    command.setOptionValueWithSource(key, value, 'config');
    fromConfig[key] = value;
  }
  command.setOptionValue('fromConfig', fromConfig);
}

/** `--project "$UNSET"` is as good as none. */
function isSet(command: Command, key: ConfigKey): boolean {
  return command.getOptionValueSource(key) === 'cli' && command.getOptionValue(key) !== '';
}
