import type { CommandNode, FlagNode } from './command-tree.ts';

/** The program, its commands, and those below them. */
export function allNodes(root: CommandNode): readonly CommandNode[] {
  return [root, ...root.commands.flatMap(allNodes)];
}

/** The commands alone, each with all the ways to call it, as the words on the line. */
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

/** Each flag once: one of the same name means the same in every command. */
export function allFlags(nodes: readonly CommandNode[]): readonly FlagNode[] {
  const flags = nodes.flatMap((node) => node.flags);
  return flags.filter(
    ({ names }, index) => index === flags.findIndex((flag) => flag.names.at(-1) === names.at(-1)),
  );
}
