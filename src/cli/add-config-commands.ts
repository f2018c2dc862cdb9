import type { Command } from 'commander';
import { hideFlags } from './flags.ts';
import type { Execute } from './program.ts';
import type { Flags } from './settings.ts';

const KEYS_HELP = `
Keys, with values as the flags of those names take them (color: auto or never):
  baseUrl, organization, project, auth, stateDir, partSize, concurrency,
  limitRate, retries, stallTimeout, waitLock, progress, progressInterval, color
The API key is not kept: it belongs in OPENAI_API_KEY.
With --profile they are those of a profile, which go before the others.`;

type Module = typeof import('./commands/config.ts');
type Work = Parameters<Module['runConfig']>[0];

/** Declares the commands below `config`. Their flags are those of `config`, wherever among the words they stand. */
export const addConfigCommands = (execute: Execute) => (config: Command) => {
  const run = (self: Command, workOf: (module: Module) => Work) => {
    const flags = self.optsWithGlobals<Flags>();
    return execute({ ...flags, progress: 'none' }, async function* (context) {
      const module = await import('./commands/config.ts');
      yield* module.runConfig(workOf(module), flags, context);
    });
  };
  hideFlags(config, ['baseUrl', 'organization', 'project', 'stateDir', 'verbose']);
  config.addHelpText('after', KEYS_HELP);
  config
    .command('list')
    .description('print what is kept')
    .action((_: unknown, self: Command) =>
      run(
        self,
        ({ listConfig, flagParser }) =>
          (place) =>
            listConfig(place, flagParser(self)),
      ),
    );
  config
    .command('profiles')
    .description('print the names of the profiles there are')
    .action((_: unknown, self: Command) => run(self, ({ listProfiles }) => listProfiles));
  config
    .command('get <key>')
    .description('print the value of a key')
    .action((key: string, _: unknown, self: Command) =>
      run(
        self,
        ({ getConfig, flagParser }) =>
          (place) =>
            getConfig(key, place, flagParser(self)),
      ),
    );
  config
    .command('set <key> <value>')
    .description('keep a value for a key')
    .addHelpText('after', KEYS_HELP)
    .action((key: string, value: string, _: unknown, self: Command) =>
      run(
        self,
        ({ setConfig, flagParser }) =>
          (place) =>
            setConfig(key, value, place, flagParser(self)),
      ),
    );
  config
    .command('unset <key>')
    .description('keep no value for a key')
    .action((key: string, _: unknown, self: Command) =>
      run(
        self,
        ({ unsetConfig }) =>
          (place) =>
            unsetConfig(key, place),
      ),
    );
  config
    .command('path')
    .description('print where the configuration is')
    .action((_: unknown, self: Command) => run(self, ({ showConfigPath }) => showConfigPath));
};
