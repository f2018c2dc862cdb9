import { type CodeBlock, codeBlocks } from './markdown.ts';

/** What a reader of a document may run: a line, or a script of several. */
export interface DocumentedCommand {
  readonly heading: string;
  readonly text: string;
}

/** Lines that stand by themselves; a block of nothing else is a list of commands, not a script. */
const BY_ITSELF = /^(([^#|]*\| )?openai-upload|id=\$\(openai-upload|npm|export OPENAI_API_KEY=)\b.*$/;

/** From blocks of `sh`, from what is typed in those of `console`, and from the steps in those of `yaml`. */
export function documentedCommands(markdown: string): readonly DocumentedCommand[] {
  return codeBlocks(markdown).flatMap((block) =>
    commandsOf(block).map((text) => ({ heading: block.heading, text })),
  );
}

function commandsOf({ language, text }: CodeBlock): readonly string[] {
  const lines = text.trimEnd().split('\n');
  if (language === 'console')
    return lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
  if (language === 'yaml') return stepsOf(lines);
  if (language !== 'sh') return [];
  const isList = lines.every((line) => BY_ITSELF.test(line));
  return isList ? lines.map((line) => line.replace(/\s+# .*$/, '')) : [lines.join('\n')];
}

/** The commands under `run`, `script` and their like: a value, a block after `|`, or a list. */
function stepsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => {
    const [, before, value] = /^([ -]*)(?:run|(?:before_|after_)?script):(?: (.*))?$/.exec(line) ?? [];
    if (before === undefined) return [];
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((next) => next.trim() !== '' && next.search(/\S/) <= before.length);
    const below = (end < 0 ? rest : rest.slice(0, end)).map((next) => next.trim());
    if (value === '|') return [below.join('\n')];
    return value === undefined ? below.map((item) => item.replace(/^- /, '')) : [value];
  });
}
