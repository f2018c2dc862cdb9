import type { Command } from 'commander';
import { isOutOfReach, openConfig } from '../../config/open-config.ts';
import { isUploadError } from '../../index.ts';
import type { Outcome } from '../outcome.ts';

/**
 * Gives a command the user's defaults. The commands below `config` and `completion` have no flags of their own and do not
 * read the file, so that they run, and mend it, when it is broken. A service may have a home that it cannot look into: it is
 * told, and goes on, unless it has named the directory itself. Most users have none, so what understands one is loaded last.
 * @returns what to run instead of the command when the configuration cannot be used
 */
export async function applyConfig(
  command: Command,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<(() => AsyncGenerator<Outcome>) | undefined> {
  if (command.options.length === 0) return undefined;
  const config = openConfig(env);
  try {
    const stored = config.read();
    if (Object.keys(stored).length === 0) return undefined;
    const { setDefaults } = await import('./set-defaults.ts');
    setDefaults(command, env, { stored, path: config.path });
    return undefined;
  } catch (error) {
    if (!isUploadError(error)) throw error;
    if (!env.OPENAI_UPLOAD_CONFIG_DIR && isOutOfReach(error, config.path)) {
      if (!command.getOptionValue('quiet')) warn(`${error.message}; going on without it`);
      return undefined;
    }
    const { notBegun } = await import('./not-begun.ts');
    return () => notBegun(command, error);
  }
}
