import type { Command } from 'commander';

/** Declares `help`, which prints what `--help` of a command does; `whole` is the program with all of its commands. */
export function addHelpCommand(help: Command, whole: () => Command): void {
  help.action(async (names: string[], _: unknown, self: Command) => {
    let command = names.length === 0 ? (self.parent ?? self) : whole();
    for (const [index, name] of names.entries()) {
      const found = command.commands.find((each) => each.name() === name || each.aliases().includes(name));
      if (found === undefined) {
        const { suggest } = await import('./suggest.ts');
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
