import { parse } from 'yaml';
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
  if (language === 'yaml') return stepsIn(parse(text));
  if (language !== 'sh') return [];

  const isList = lines.every((line) => BY_ITSELF.test(line));
  return isList ? lines.map((line) => line.replace(/\s+# .*$/, '')) : [lines.join('\n')];
}

/** The scripts under `run`, `script` and their like, however deep: each one text, or a list. */
function stepsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];

  return Object.entries(value).flatMap(([key, inner]) =>
    /^(run|(before_|after_)?script)$/.test(key)
      ? [inner].flat().map((script: string) => script.trimEnd())
      : stepsIn(inner),
  );
}
