import { type Argument, Command, type Option } from 'commander';
import { addCommonFlags } from '../flags.ts';

/**
 * What can complete a word. A shell asks for `ids` and `profiles` when it needs them. Only the user
 * knows what fits `text`.
 */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'directories' | 'ids' | 'profiles' | 'text' };

/** How a script completes each kind of word but known ones. */
export type Actions<T> = Readonly<Record<Exclude<Completion['kind'], 'words'>, T>>;

export interface FlagNode {
  /** The short and long name, for example `-q` and `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** What its value may be. Absent for a flag without a value. */
  readonly value?: { readonly name: string } & Completion;
}

/** What a shell needs to know about a command. */
export interface CommandNode {
  /** The words after the program's name, for example `config` and `set`. Empty for the program. */
  readonly path: readonly string[];
  readonly aliases: readonly string[];
  readonly description: string;
  readonly flags: readonly FlagNode[];
  readonly commands: readonly CommandNode[];
  /** The arguments in order. The last may be repeatable. */
  readonly words: readonly ({ readonly name: string; readonly isMany: boolean } & Completion)[];
}

/** The words that may replace a name in `<…>`, where they are known. */
export type KnownWords = Readonly<Record<string, readonly string[]>>;

/** Turns what the help of a program shows into data. The common flags also fit before a command. */
export function commandTree(program: Command, known: KnownWords): CommandNode {
  const root = nodeOf(program, [], { known, inherited: [] });
  const common = addCommonFlags(new Command()).options.map((option) => flagOf(option, known));

  return { ...root, flags: [...common, ...root.flags] };
}

/** Returns the program, its commands, and the commands below them. */
export function allNodes(root: CommandNode): readonly CommandNode[] {
  return [root, ...root.commands.flatMap(allNodes)];
}

/** Returns the commands without the program. `calls` has every way to call each of them. */
export function allCommands(
  root: CommandNode,
): readonly { readonly path: readonly string[]; readonly calls: readonly string[] }[] {
  return allNodes(root)
    .filter(({ path }) => path.length > 0)
    .map(({ path, aliases }) => {
      const names = [path.at(-1) ?? '', ...aliases];
      return { path, calls: names.map((name) => [...path.slice(0, -1), name].join(' ')) };
    });
}

/** Returns each flag once, because a name means the same in every command. */
export function allFlags(nodes: readonly CommandNode[]): readonly FlagNode[] {
  const flags = nodes.flatMap((node) => node.flags);
  return flags.filter(
    ({ names }, index) => index === flags.findIndex((flag) => flag.names.at(-1) === names.at(-1)),
  );
}

/** Returns every name of each flag whose value may be the next word. */
export function valueFlagNames(nodes: readonly CommandNode[]): readonly string[] {
  return allFlags(nodes)
    .filter(({ value }) => value !== undefined)
    .flatMap(({ names }) => names);
}

interface Surroundings {
  readonly known: KnownWords;
  /** The flags of the group that the command belongs to. */
  readonly inherited: readonly FlagNode[];
}

function nodeOf(command: Command, path: readonly string[], { known, inherited }: Surroundings): CommandNode {
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
