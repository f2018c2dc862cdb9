import { Lexer, type Token } from 'marked';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '~': '\\(ti',
  '^': '\\(ha',
};

/** Escapes everything that means something to roff, so the text is printed exactly as it is. */
function verbatim(text: string): string {
  const escaped = text
    .replaceAll(/[\\'"`~^-]/g, (character) => ESCAPES[character] ?? character)
    .replaceAll(/[^\x20-\x7e\n]/gu, (character) => `\\[u${hex(character)}]`);
  // A dot at the start would make the line a request.
  return escaped.replaceAll(/^\./gm, '\\&.');
}

/**
 * Formats Markdown text. `code` becomes bold, and links and emphasis keep only their words. The
 * lines are short enough for an editor to show them whole.
 */
export function prose(markdown: string): string {
  const words = inline(Lexer.lexInline(markdown)).split(' ');
  return wrap(words).replaceAll(/^\./gm, '\\&.');
}

function inline(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'codespan') return bold(token.text);
      if ('tokens' in token && token.tokens) return inline(token.tokens);
      return verbatim(token.type === 'escape' ? token.text : token.raw);
    })
    .join('');
}

export function bold(text: string): string {
  return `\\fB${verbatim(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${verbatim(text)}\\fR`;
}

/** Prints the lines exactly as they are, one below the other. */
export function example(...lines: readonly string[]): string {
  return ['.EX', ...lines.map(verbatim), '.EE'].join('\n');
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

const LINE_LENGTH = 78;

function wrap(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_LENGTH)
      lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines.join('\n');
}
