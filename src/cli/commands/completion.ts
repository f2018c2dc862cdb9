import type { Command } from 'commander';
import { listJobs, listSessions } from '../../index.ts';
import { shownUrl } from '../../model/base-url.ts';
import { escapeControl } from '../../ui/escape.ts';
import { isUnfinished } from '../choose-sessions.ts';
import {
  type CommandContext,
  type CommandSetup,
  type Example,
  outcomeOf,
  quietly,
  withExamples,
} from '../command.ts';
import { bashScript } from '../completion/bash-script.ts';
import { commandTree } from '../completion/command-tree.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { openConfig } from '../config/config-file.ts';
import { CONFIG_KEYS } from '../config/config-keys.ts';
import { profilesOf } from '../config/profiles.ts';
import { COMMON_FLAGS, hideFlags, PURPOSES } from '../flags.ts';
import type { Outcome } from '../outcome.ts';
import { pushOf } from '../render/job-text.ts';
import { type Flags, sessionsOptions } from '../settings.ts';

const EXAMPLES: readonly Example[] = [
  ['bash, in ~/.bashrc', 'eval "$(openai-upload completion bash)"'],
  ['zsh, in ~/.zshrc after compinit', 'eval "$(openai-upload completion zsh)"'],
  ['fish, in ~/.config/fish/config.fish', 'openai-upload completion fish | source'],
];

const SHELL_EXAMPLES: Readonly<Record<Shell, readonly Example[]>> = {
  bash: [
    ['for this shell', 'eval "$(openai-upload completion bash)"'],
    ['for every new one', 'echo \'eval "$(openai-upload completion bash)"\' >> ~/.bashrc'],
    ['the same, with the package bash-completion', 'openai-upload completion bash >> ~/.bash_completion'],
  ],
  zsh: [
    ['for this shell, once compinit has run', 'eval "$(openai-upload completion zsh)"'],
    ['for every new one', 'echo \'eval "$(openai-upload completion zsh)"\' >> ~/.zshrc'],
    [
      'loaded when first wanted, if ~/.zfunc is in $fpath before compinit runs',
      'openai-upload completion zsh > ~/.zfunc/_openai-upload',
    ],
  ],
  fish: [
    ['for this shell', 'openai-upload completion fish | source'],
    ['for every new one', 'openai-upload completion fish > ~/.config/fish/completions/openai-upload.fish'],
    [
      'the same, made again by each new shell',
      "echo 'openai-upload completion fish | source' >> ~/.config/fish/config.fish",
    ],
  ],
};

/** Declares `completion` with a command for each shell. */
export function addCompletion(completion: Command, { execute, whole }: CommandSetup): void {
  withExamples(completion, EXAMPLES);
  const shells = Object.keys(SHELL_EXAMPLES) as Shell[];
  hideFlags(completion, COMMON_FLAGS);
  completion.showHelpAfterError(`(there are ${shells.join(', ')})`);

  for (const shell of shells) {
    withExamples(completion.command(shell), SHELL_EXAMPLES[shell])
      .description(`print the completion for ${shell}`)
      .action((_: unknown, self: Command) =>
        execute(quietly(self.optsWithGlobals<Flags>()), () => runCompletion(shell, whole, PURPOSES)),
      );
  }
}

/** Declares the hidden command that the scripts call for ids and for names of profiles. */
export function addIdCompletion(command: Command, { execute }: CommandSetup): void {
  command
    .option('--state-dir <dir>', 'where sessions are saved')
    .action((what: string | undefined, flags: Flags) =>
      execute(quietly(flags), (context) =>
        what === 'profiles' ? runProfileCompletion(context) : runIdCompletion(flags, context),
      ),
    );
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

type Shell = keyof typeof SCRIPTS;

/**
 * Prints the completion script for a shell. It completes everything that the help of the
 * whole program shows.
 */
async function* runCompletion(
  shell: Shell,
  whole: CommandSetup['whole'],
  purposes: readonly string[],
): AsyncGenerator<Outcome> {
  const program = await whole();
  const known = {
    purpose: purposes,
    key: Object.keys(CONFIG_KEYS),
    command: program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name()),
  };
  const script = SCRIPTS[shell](commandTree(program, known)).trimEnd();

  yield { status: 'shown', objects: [{ v: 1, shell, script }], lines: [script] };
}

/** A word that a shell reads as one word without quotes, and not as a flag. */
const PLAIN_WORD = /^[A-Za-z0-9_./@%+=][A-Za-z0-9_./@%+=-]*$/;

/**
 * Prints a line for each unfinished upload and job, for the completion scripts: its id, a tab and its
 * file or push. Ids come from a server and end up on the user's command line, so ids that a shell might
 * read as something else are left out.
 */
async function* runIdCompletion(flags: Flags, context: CommandContext): AsyncGenerator<Outcome> {
  const options = { ...sessionsOptions(flags, context.env), signal: context.signal };
  const subject = { uploadId: null, command: 'completion' };
  const show = (found: readonly (readonly [id: string, about: string])[]) => {
    const lines = found
      .filter(([id]) => PLAIN_WORD.test(id))
      .map(([id, about]) => `${id}\t${escapeControl(about)}`);
    return { status: 'shown', lines } as const;
  };

  yield await outcomeOf(subject, context, async () => {
    const { sessions } = await listSessions(options);
    return show(sessions.filter(isUnfinished).map(({ uploadId, filename }) => [uploadId, filename]));
  });
  yield await outcomeOf(subject, context, async () =>
    show((await listJobs(options)).map((job) => [job.id, pushOf(job)])),
  );
}

/**
 * Prints the same for profiles: the name, a tab and the base URL. The names are checked too,
 * because the user may have edited the configuration by hand.
 */
async function* runProfileCompletion(context: CommandContext): AsyncGenerator<Outcome> {
  yield await outcomeOf({ uploadId: null, command: 'completion' }, context, async () => {
    const config = openConfig(context.env);
    const lines = Object.entries(profilesOf(config.read(), config.path))
      .filter(([name]) => PLAIN_WORD.test(name))
      .map(([name, { baseUrl = '' }]) => `${name}\t${escapeControl(shownUrl(String(baseUrl)))}`);
    return { status: 'shown', lines };
  });
}
