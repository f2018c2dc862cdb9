/** What a file of declarations says of one name. */
export interface Declaration {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'const' | 'interface' | 'type';
  /** The lines of the comment before it; none when it has no comment. */
  readonly comment: readonly string[];
  /** As it stands in the file, without `export` and `declare`. */
  readonly code: string;
}

const COMMENT = String.raw`/\*\*(?:(?!\*/)[^])*\*/\n`;
const KEYWORD = '(?:export |declare |interface |type |import )';
/** A statement with the comment before it, up to the next. They are as the compiler writes them: what begins a line is outermost. */
const STATEMENT = new RegExp(`^(${COMMENT})?(${KEYWORD}[^]*?)(?=^(?:${COMMENT})?${KEYWORD}|(?![^]))`, 'gm');
const DECLARATION = /^(?:export )?(?:declare )?(function|class|const|interface|type) (\w+)/;

/** All that a file of declarations declares, in its order. */
export function declarationsIn(text: string): readonly Declaration[] {
  return [...text.matchAll(STATEMENT)].flatMap(([, comment = '', statement = '']) => {
    const [, kind, name = ''] = DECLARATION.exec(statement) ?? [];
    if (kind === undefined) return [];
    const code = statement
      .replace(/^(export )?(declare )?/, '')
      .trimEnd()
      .replaceAll('    ', '  ');
    return [{ name, kind: kind as Declaration['kind'], comment: wordsOf(comment), code }];
  });
}

function wordsOf(comment: string): readonly string[] {
  const lines = comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n');
  return lines.map((line) => line.replace(/^\s*\* ?/, '').trim()).filter((line) => line !== '');
}
