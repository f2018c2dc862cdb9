import stringWidth from 'string-width';

/**
 * Cuts a text to that number of columns by leaving out its middle, because the end of a name says
 * what the file is.
 */
export function cutMiddle(text: string, columns: number, mark = '…'): string {
  if (stringWidth(text) <= columns) return text;
  const letters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  const room = columns - 1;
  if (room < 1) return mark.slice(0, Math.max(0, columns));
  const head = takeWidth(letters, Math.ceil(room / 2));
  const tail = takeWidth(letters.toReversed(), room - stringWidth(head.join('')));
  return `${head.join('')}${mark}${tail.toReversed().join('')}`;
}

/** Joins the first words with commas, as many as fit. No word is cut. */
export function fitWords(words: readonly string[], columns: number): string {
  let text = '';
  for (const word of words.filter(Boolean)) {
    const longer = text === '' ? word : `${text}, ${word}`;
    if (stringWidth(longer) > columns) break;
    text = longer;
  }
  return text;
}

export function padRight(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - stringWidth(text))) + text;
}

/** A command to copy stays in one piece, and what stands before it in a word. */
const UNITS = /\s*(?:\S*openai-upload [a-z].*|\S+)/g;

/**
 * Breaks lines between words where they are wider than the terminal, and indents what follows. A
 * word that is wider is left to the terminal, which cuts nothing off either.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (stringWidth(line) <= columns ? line : wrapLine(line, columns)))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indent = ' '.repeat(2 + line.length - line.trimStart().length);
  const lines: string[] = [];
  let last = '';

  for (const unit of line.match(UNITS) ?? []) {
    if (last !== '' && stringWidth(last + unit) > columns) {
      lines.push(last);
      last = indent + unit.trimStart();
    } else last += unit;
  }

  return [...lines, last].join('\n');
}

/**
 * Takes as many letters from the start as fit. Counts columns of the terminal: some letters take
 * two, and some marks take none.
 */
function takeWidth(letters: readonly string[], columns: number): readonly string[] {
  let width = 0;
  const end = letters.findIndex((letter) => {
    width += stringWidth(letter);
    return width > columns;
  });
  return end < 0 ? letters : letters.slice(0, end);
}
