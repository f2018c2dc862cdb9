import type { Command, Option } from 'commander';

/**
 * Has commander look for required flags last. It does so first, and would call `push a --purpos batch` a call without
 * `--purpose` instead of one with a slip of the pen.
 */
export function requireOptionsLast(program: Command): void {
  const required: [Command, Option][] = [];
  for (const command of program.commands) {
    for (const option of command.options.filter(({ mandatory }) => mandatory)) {
      option.makeOptionMandatory(false);
      required.push([command, option]);
    }
  }
  program.hook('preAction', (_, called) => {
    for (const [command, option] of required) {
      if (command === called && command.getOptionValue(option.attributeName()) === undefined)
        command.error(`error: required option '${option.flags}' not specified`);
    }
  });
}
