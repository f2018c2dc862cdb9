import type { Command } from 'commander';
import type { Flags } from '../settings.ts';
import type { ConfigKey } from './config-keys.ts';

export type FlagValue = Flags[ConfigKey];

/** Reads a text as the flag of that name does; what it refuses, commander's error says. */
export type ParseFlag = (key: ConfigKey, text: string) => FlagValue;

/**
 * The parser of every flag, from the program that a command belongs to. Nothing here loads commander, or the flags: what is
 * loaded at the start of each run would then be cut into more files.
 */
export function flagParser(command: Command): ParseFlag {
  let program = command;
  while (program.parent) program = program.parent;
  const options = program.commands.flatMap((known) => known.options);
  return (key, text) => {
    const option = options.find((known) => known.attributeName() === key);
    return option?.parseArg ? option.parseArg<FlagValue>(text, undefined) : text;
  };
}

export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'commander.invalidArgument';
}
