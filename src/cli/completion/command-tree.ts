import type { Argument, Command, Option } from 'commander';

/** What stands where a word is wanted. `ids` and `profiles` are asked for when they are wanted; `text` is for the user alone to know. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'ids' | 'profiles' | 'text' };

export interface FlagNode {
  /** `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** What its value may be; a flag without a value has none. */
  readonly value?: { readonly name: string } & Completion;
}

/** A command as a shell needs to know it. */
export interface CommandNode {
  /** Below the program: `config`, `set`. Empty for the program itself. */
  readonly path: readonly string[];
  /** What it is also called. */
  readonly aliases: readonly string[];
  readonly description: string;
  readonly flags: readonly FlagNode[];
  readonly commands: readonly CommandNode[];
  /** In order; the last may stand for many. */
  readonly words: readonly ({ readonly name: string; readonly isMany: boolean } & Completion)[];
}

/** The words that may stand for a name in `<…>`, where they are known. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

/** What the help shows of a program, as data. Flags of a group hold for the commands below it. */
export function commandTree(program: Command, known: KnownWords): CommandNode {
  return nodeOf(program, [], { known, inherited: [] });
}

interface Around {
  readonly known: KnownWords;
  readonly inherited: readonly FlagNode[];
}

function nodeOf(command: Command, path: readonly string[], { known, inherited }: Around): CommandNode {
  const help = command.createHelp();
  const own = help.visibleOptions(command).map((option) => flagOf(option, known));
  const ownNames = new Set(own.flatMap(({ names }) => names));
  const flags = [...own, ...inherited.filter(({ names }) => !names.some((name) => ownNames.has(name)))];
  const below = { known, inherited: path.length === 0 ? [] : flags };
  return {
    path,
    aliases: command.aliases(),
    description: command.description(),
    flags,
    commands: help.visibleCommands(command).map((sub) => nodeOf(sub, [...path, sub.name()], below)),
    words: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      isMany: argument.variadic,
      ...completionOf(argument.name(), argument, known),
    })),
  };
}

function flagOf(option: Option, known: KnownWords): FlagNode {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const name = /[<[](.*)[>\]]/.exec(option.flags)?.[1];
  const value = name === undefined ? {} : { value: { name, ...completionOf(name, option, known) } };
  return { names, description: option.description, ...value };
}

function completionOf(name: string, { argChoices }: Argument | Option, known: KnownWords): Completion {
  const words = argChoices ?? known[name];
  if (words !== undefined) return { kind: 'words', words };
  return { kind: KINDS[name] ?? 'text' };
}

const KINDS: Readonly<Record<string, 'files' | 'directories' | 'ids' | 'profiles'>> = {
  file: 'files',
  dir: 'directories',
  'upload-id': 'ids',
  profile: 'profiles',
};
