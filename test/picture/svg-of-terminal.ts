import type { IBufferCell, Terminal } from '@xterm/headless';

const [CELL_WIDTH, CELL_HEIGHT] = [8.4, 19];
const [MARGIN, TITLE] = [16, 28];
const [GROUND, TEXT] = ['#161b22', '#e6edf3'];
/** The first eight of a terminal's colours. */
const PALETTE = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'];
/** Blocks are drawn, because fonts leave gaps between them. */
const BLOCKS: Readonly<Record<string, number>> = { '█': 1, '▒': 0.5, '░': 0.15 };

/** Rows of a terminal of that many columns as a picture. */
export function svgOfRows(rows: readonly Row[], columns: number): string {
  const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN);
  const height = TITLE + rows.length * CELL_HEIGHT + MARGIN;
  const dots = PALETTE.slice(1, 4).map(
    (color, index) => `<circle cx="${MARGIN + 6 + index * 18}" cy="15" r="5" fill="${color}"/>`,
  );
  const body = rows.map((pieces, row) => pieces.map((piece) => draw(piece, row)).join('')).filter(Boolean);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="openai-upload in a terminal">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    dots.join(''),
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="${TEXT}" xml:space="preserve">`,
    ...body,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** What stands in a row of a screen. */
export type Row = readonly Piece[];

interface Piece {
  readonly kind: 'text' | 'block';
  readonly color: string;
  readonly opacity: number;
  readonly from: number;
  text: string;
}

/** A row as it is now: it can be drawn when the screen shows something else. */
export function rowOf(terminal: Terminal, row: number): Row {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row);
  const pieces: Piece[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const next = pieceOf(cell, column);
    const last = pieces.at(-1);
    const isSame = last?.kind === next.kind && last.color === next.color && last.opacity === next.opacity;
    if (last && isSame) last.text += next.text;
    else pieces.push(next);
  }
  return pieces;
}

/** A key that is pressed, behind what stands in a row. */
export function withKey(row: Row, key: string): Row {
  const from = Math.max(...row.map(({ from, text }) => from + text.trimEnd().length)) + 1;
  return [...row, { kind: 'text', text: key, color: TEXT, opacity: 1, from }];
}

function pieceOf(cell: IBufferCell, from: number): Piece {
  const text = cell.getChars() || ' ';
  const block = BLOCKS[text];
  const color = (cell.isFgPalette() && PALETTE[cell.getFgColor()]) || TEXT;
  return block === undefined
    ? { kind: 'text', text, color, opacity: 1, from }
    : { kind: 'block', text, color, opacity: block, from };
}

function draw({ kind, text, color, opacity, from }: Piece, row: number): string {
  const [x, y] = [MARGIN + from * CELL_WIDTH, TITLE + row * CELL_HEIGHT];
  const place = `x="${x.toFixed(1)}"`;
  if (kind === 'block') {
    const width = (text.length * CELL_WIDTH).toFixed(1);
    return `<rect ${place} y="${y + 3}" width="${width}" height="${CELL_HEIGHT - 5}" fill="${color}" opacity="${opacity}"/>`;
  }
  const shown = text.trimEnd();
  if (shown === '') return '';
  const fill = color === TEXT ? '' : ` fill="${color}"`;
  const length = `textLength="${(shown.length * CELL_WIDTH).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text ${place} y="${y + 14}"${fill} ${length}>${escapeXml(shown)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
