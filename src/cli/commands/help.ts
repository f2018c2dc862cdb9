import type { Command } from 'commander';
import type { CommandSetup, Example } from '../command.ts';

const EXAMPLES: readonly Example[] = [
  ['all commands', 'openai-upload help'],
  ['one of them', 'openai-upload help push'],
  ['one below it', 'openai-upload help config set'],
];

/** Declares `help`, which prints the same as `--help` of a command. */
export function addHelp({ declare, whole }: CommandSetup): void {
  declare('help [command...]', 'print this help, or that of a command', EXAMPLES, (help) => {
    help.action(async (names: string[], _: unknown, self: Command) => {
      let command = names.length === 0 ? (self.parent ?? self) : whole();
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
  });
}
