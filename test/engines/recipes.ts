import { documentedCommands } from '../helpers/documented-commands.ts';
import { readDocument } from '../helpers/markdown.ts';

const commands = documentedCommands(await readDocument('docs/fleet.md')).map(({ text }) => text);

/** The one script of docs/fleet.md with this text in it. */
export function recipe(part: string): string {
  const [found, ...more] = commands.filter((text) => text.includes(part));
  if (found === undefined || more.length > 0)
    throw new Error(`docs/fleet.md has not one recipe with ${part}`);
  return found;
}

/** A recipe with one thing in it replaced, which must be there. */
export function changed(script: string, from: string, to: string): string {
  if (!script.includes(from)) throw new Error(`the recipe has no ${from}`);
  return script.replace(from, to);
}
