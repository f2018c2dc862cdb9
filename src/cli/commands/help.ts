import type { Command } from 'commander';
import { type CommandSetup, type Example, withExamples } from '../command.ts';

const EXIT_CODES = `Exit codes:
  0 done                      7 key, permission, quota
  1 a bug                     8 expired or cancelled: push again
  2 usage                     9 integrity: push again
  3 the source file          10 session or config file
  4 the source changed       11 another process has it
  5 network: run resume      12 completion unknown
  6 refused by the API      129 SIGHUP, 130 SIGINT, 143 SIGTERM: run resume
`;

const EXAMPLES: readonly Example[] = [
  ['all commands', 'openai-upload help'],
  ['one of them', 'openai-upload help push'],
  ['one below it', 'openai-upload help config set'],
  ['what the exit codes mean', 'openai-upload help exit-codes'],
];

/** Declares `help`, which prints the same as `--help` of a command. */
export function addHelp(help: Command, { whole }: CommandSetup): void {
  withExamples(help, EXAMPLES);
  help.action(async (names: string[], _: unknown, self: Command) => {
    if (names.length === 1 && names[0] === 'exit-codes') return self.configureOutput().writeOut?.(EXIT_CODES);

    let command = names.length === 0 ? (self.parent ?? self) : await whole();
    for (const [index, name] of names.entries()) {
      const found = command.commands.find((each) => each.name() === name || each.aliases().includes(name));
      if (found === undefined) {
        const { suggest } = await import('../suggest.ts');
        const near = suggest(
          name,
          command.commands.map((each) => each.name()),
        );
        const hint = near === undefined ? '' : `\n(Did you mean ${near}?)`;
        self.error(`error: unknown command '${names.slice(0, index + 1).join(' ')}'${hint}`);
      }
      command = found;
    }

    command.outputHelp();
  });
}
