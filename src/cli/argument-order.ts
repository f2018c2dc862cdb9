import { Command, type Option } from 'commander';
import { addCommonFlags } from './flags.ts';

/**
 * Takes the flags that every command takes from before the command to right behind it, where they
 * are declared; what stands further on wins. Without a command they are about nothing and are left
 * out.
 */
export function putCommandFirst(argv: readonly string[]): readonly string[] {
  if (!argv[0]?.startsWith('-')) return argv;
  const count = countCommonWords(argv);
  const [command, ...rest] = argv.slice(count);
  if (command === undefined) return [];
  return command.startsWith('-') ? [command, ...rest] : [command, ...argv.slice(0, count), ...rest];
}

/** How many of the first words are such flags and their values. */
function countCommonWords(argv: readonly string[]): number {
  const { options } = addCommonFlags(new Command());
  let count = 0;
  for (;;) {
    const [name = '', value] = (argv[count] ?? '').split(/=(.*)/s, 2);
    const option = options.find(({ short, long }) => name === short || name === long);
    if (option !== undefined) count += option.required && value === undefined ? 2 : 1;
    else if (/^-[qv]{2,}$/.test(name)) count += 1;
    else return count;
  }
}

/**
 * Has commander look for required flags last. It does so first, and would call `push a --purpos
 * batch` a call without `--purpose` instead of one with a slip of the pen.
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
