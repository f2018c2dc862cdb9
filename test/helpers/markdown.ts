import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

/** The repository's root, without a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

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
  for (const token of tokensIn(markdown)) {
    if (isHeading(token)) heading = token.text;
    if (isCode(token)) blocks.push({ language: token.lang ?? '', text: `${token.text}\n`, heading });
  }
  return blocks;
}

/** The words and lines that are set as code inside of running text. */
export function codeSpans(markdown: string): readonly string[] {
  return tokensIn(markdown)
    .filter((token): token is Tokens.Codespan => token.type === 'codespan')
    .map(({ text }) => text);
}

/** The targets of its links and pictures, those on other sites left out. */
export function relativeLinks(markdown: string): readonly string[] {
  return tokensIn(markdown)
    .filter((token): token is Tokens.Link | Tokens.Image => token.type === 'link' || token.type === 'image')
    .map(({ href }) => href)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What a link to each of its headings ends in. */
export function anchors(markdown: string): readonly string[] {
  return tokensIn(markdown)
    .filter(isHeading)
    .map(({ text }) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
}

/** The rows of the table whose head begins with these cells, without the head, each as its cells. */
export function tableRows(markdown: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const table = lexer(markdown)
    .filter(isTable)
    .find(({ header }) => head.every((cell, index) => header[index]?.text === cell));
  return table?.rows.map((row) => row.map(({ text }) => text)) ?? [];
}

/** Blocks and what is inside of them, in the order of the document. */
function tokensIn(markdown: string): readonly Token[] {
  const tokens: Token[] = [];
  walkTokens(lexer(markdown), (token) => {
    tokens.push(token);
  });
  return tokens;
}

export function isTable(token: Token): token is Tokens.Table {
  return token.type === 'table';
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading';
}

function isCode(token: Token): token is Tokens.Code {
  return token.type === 'code';
}
