import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The repository's root, without a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** The heading it stands under. */
  readonly heading: string;
}

/** A document of the repository, by its path from the root. */
export function readDocument(path: string): Promise<string> {
  return readFile(`${ROOT}/${path}`, 'utf8');
}

export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  for (const match of markdown.matchAll(/^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$/gms)) {
    const [, title, language, text] = match;
    if (title !== undefined) heading = title;
    else blocks.push({ language: language ?? '', text: text ?? '', heading });
  }
  return blocks;
}

/** The targets of its links, those to other sites left out. */
export function relativeLinks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What a link to each of its headings ends in. */
export function anchors(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The rows of the table whose head begins with these cells, without the head, each as its cells. */
export function tableRows(markdown: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => head.every((cell, index) => cells(line)[index] === cell));
  const rest = start < 0 ? [] : lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? rest.length : end).map(cells);
}
