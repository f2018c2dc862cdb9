/**
 * The rows of the table of a Markdown document whose head begins with these cells, each as its cells.
 * @throws when there is no such table
 */
export function tableIn(document: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const lines = document.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head.join(' | ')} |`));
  if (start < 0) throw new Error(`there is no table of "${head.join(', ')}"`);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
