import type { Declaration } from './declarations.ts';

const SECTIONS: readonly (readonly [title: string, kinds: readonly Declaration['kind'][]])[] = [
  ['Functions', ['function']],
  ['Values', ['class', 'const']],
  ['Types', ['interface', 'type']],
];

/** A document in Markdown that shows all of it, with its comments. */
export function apiReference(declarations: readonly Declaration[]): string {
  const sections = SECTIONS.map(([title, kinds]) => {
    const shown = declarations.filter(({ kind }) => kinds.includes(kind));
    return [`## ${title}`, ...shown.map(entry)].join('\n\n');
  });
  return `# API reference

All that the package exports, as its types have it. \`npm run reference\` writes this page; [library.md](library.md) says how to use it.

${sections.join('\n\n')}
`;
}

function entry({ name, comment, code }: Declaration): string {
  const parts = [`### ${name}`, prose(comment), `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Tags become words of their own lines. */
function prose(comment: readonly string[]): string {
  return comment
    .join(' ')
    .replaceAll(/ ?@param (\w+) /g, '\n\n`$1`: ')
    .replaceAll(/ ?@throws /g, '\n\nThrows: ')
    .replaceAll(/ ?@returns /g, '\n\nReturns: ')
    .trim();
}
