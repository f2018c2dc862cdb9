/** Something in a text that is written in another way than what it stands for. */
export interface Token {
  /** Where it begins in the plain text, and how long what it stands for is. */
  readonly at: number;
  readonly size: number;
  /** Where it is in the text. */
  readonly from: number;
  readonly to: number;
}

/** White space, characters that cannot be seen, and the only one that changes its length in `fold`. */
const NOISE = /[\s\p{C}\u0130]+/gu;

/** The part of it that is ASCII, as most texts are. V8 takes a millisecond to compile the other pattern. */
const ASCII_NOISE = /[\0-\x20\x7f]+/g;

export function withoutNoise(text: string): string {
  return text.replace(/[^\0-\x7f]/.test(text) ? NOISE : ASCII_NOISE, '');
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  plus: '+',
  sol: '/',
  equals: '=',
};

/**
 * Escapes of JSON and of programs, of URLs and of HTML, and `NOISE`. The groups are HTML's decimal and
 * hexadecimal numbers and its names, encoded bytes, and other hexadecimal numbers.
 */
const escapes = (names: string) =>
  String.raw`&(?:amp;)*#0*(\d{1,7});?|&(?:amp;)*#x0*([\da-f]{1,6});?|&(?:amp;)*(${names});|((?:%(?:25)*[89a-f][\da-f])+)|%(?:25)*([0-7][\da-f])|%u([\da-f]{4})|\\+(?:u([\da-f]{4})|u\{([\da-f]{1,6})\}|x([\da-f]{2})|[bfnrtv])?|[\s\p{C}\u0130]+`;

/**
 * What is not plain: with tags and all names, which may break up a secret, or without those that are
 * not known, because what looks like a tag or a name may have a secret in it. Made when needed,
 * because few runs meet an escape.
 */
export function readings(): readonly RegExp[] {
  made ??= [
    new RegExp(`${escapes(String.raw`[a-z]\w{1,30}`)}|<[^<>]{0,200}>`, 'giu'),
    new RegExp(escapes(Object.keys(NAMED).join('|')), 'giu'),
  ];
  return made;
}

let made: readonly RegExp[] | undefined;

/** Whether there is anything but `NOISE` for the readings to find. */
export function hasEscapes(text: string): boolean {
  return /[\\%&<]/.test(text);
}

/** Reads what a text stands for, without what may be anywhere in it. */
export function read(
  text: string,
  reading: RegExp,
): { readonly plain: string; readonly tokens: readonly Token[] } {
  const tokens: Token[] = [];
  let removed = 0;

  const plain = text.replace(reading, (token, ...found) => {
    const meaning = withoutNoise(meaningOf(found.slice(0, -2)));
    const from: number = found.at(-2);
    tokens.push({ at: from - removed, size: meaning.length, from, to: from + token.length });
    removed += token.length - meaning.length;
    return meaning;
  });

  return { plain: fold(plain), tokens };
}

function meaningOf([decimal, htmlHex, name, bytes, ...hex]: readonly (string | undefined)[]): string {
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
  if (bytes !== undefined) return Buffer.from(bytes.replace(/%(25)*/g, ''), 'hex').toString();

  const digits = htmlHex ?? hex.find((each) => each !== undefined);
  const code = decimal === undefined ? Number.parseInt(digits ?? '0', 16) : Number(decimal);
  return code > 0x10ffff ? '' : String.fromCodePoint(code);
}

/** Makes equal what may stand for the same: capitals, and the two alphabets of base64. */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll('+', '-').replaceAll('/', '_');
}
