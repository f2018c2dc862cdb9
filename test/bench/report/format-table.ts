import type { Row } from '../section-result.ts';

/** Rows as a Markdown table, its columns aligned; lists are for the record only and left out, as are columns without values. */
export function formatTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.some((row) => row[name] !== null && !Array.isArray(row[name])),
  );
  const lines = [names.map(titleOf), ...rows.map((row) => names.map((name) => formatCell(row[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isText = names.map((name) => rows.some((row) => typeof row[name] === 'string'));
  const [head, ...body] = lines.map(
    (cells) =>
      `| ${cells
        .map((cell, column) =>
          isText[column] ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, column) => (isText[column] ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}

/** `cpuSecondsPerGiB` is "cpu seconds per GiB". */
function titleOf(name: string): string {
  const words = name.match(/GiB|MiB|MB|[A-Z]?[a-z0-9]+/g) ?? [];
  return words.map((word) => (/^(GiB|MiB|MB)$/.test(word) ? word : word.toLowerCase())).join(' ');
}

function formatCell(value: Row[string] | undefined): string {
  if (value === null || value === undefined || Array.isArray(value)) return '';
  if (typeof value === 'string') return value;
  const size = Math.abs(value as number);
  if (Number.isInteger(value)) return String(value);
  return (value as number).toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
