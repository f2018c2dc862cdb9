/**
 * JSON in UTF-8 as a table: which byte may come in which state, and what follows. A byte leads to the next state, or to an
 * action, which needs to know what it is inside of and so cannot be a state alone.
 */
const NAMES: readonly string[] = [
  ...['value', 'valueOrClose', 'name', 'nameOrClose', 'colon', 'commaOrClose', 'end'],
  ...['string', 'escape', 'hex4', 'hex3', 'hex2', 'hex1'],
  // Inside a character of several bytes: how many are to come, or after which first byte the next has a range of its own.
  ...['one', 'two', 'three', 'afterE0', 'afterED', 'afterF0', 'afterF4'],
  ...['minus', 'zero', 'digits', 'point', 'fraction', 'exponent', 'exponentSign', 'exponentDigits'],
  ...['t', 'tr', 'tru', 'f', 'fa', 'fal', 'fals', 'n', 'nu', 'nul'],
];

const state = (name: string) => NAMES.indexOf(name);

export const VALUE = state('value');
export const VALUE_OR_CLOSE = state('valueOrClose');
export const NAME = state('name');
export const NAME_OR_CLOSE = state('nameOrClose');
export const COLON = state('colon');
export const COMMA_OR_CLOSE = state('commaOrClose');
export const END = state('end');
export const STRING = state('string');

/** The actions; everything from here on is none of the states. */
export const FAULT = 64;
export const OPEN_OBJECT = 65;
export const OPEN_ARRAY = 66;
export const CLOSE_OBJECT = 67;
export const CLOSE_ARRAY = 68;
export const COMMA = 69;
export const START_NAME = 70;
export const START_TEXT = 71;
export const END_STRING = 72;
export const START_NUMBER = 73;
export const START_WORD = 74;
export const END_WORD = 75;
/** The byte is not part of the number any more: it has to be read again. */
export const END_NUMBER = 76;

/** What a byte leads to, at `(state << 8) | byte`. */
export const NEXT = new Uint8Array(FAULT * 256).fill(FAULT);
/** In which state a number or a word is after its first byte. */
export const FIRST = new Uint8Array(256);

const SPACE = ' \t\r';
const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdefABCDEF`;
const NUMBER_ENDS = ['zero', 'digits', 'fraction', 'exponentDigits'];

/** Where a number may end because nothing follows. */
export const isNumberEnd = (at: number): boolean => NUMBER_ENDS.includes(NAMES[at] ?? '');

function on(from: string, bytes: string | readonly [first: number, last: number], next: string | number) {
  const to = typeof next === 'number' ? next : state(next);
  const row = state(from) << 8;
  if (typeof bytes !== 'string') NEXT.fill(to, row + bytes[0], row + bytes[1] + 1);
  else for (const byte of Buffer.from(bytes)) NEXT[row + byte] = to;
}

for (const from of NAMES.slice(0, 7)) on(from, SPACE, from);
for (const from of ['value', 'valueOrClose']) {
  on(from, '{', OPEN_OBJECT);
  on(from, '[', OPEN_ARRAY);
  on(from, '"', START_TEXT);
  on(from, `-${DIGITS}`, START_NUMBER);
  on(from, 'tfn', START_WORD);
}
on('valueOrClose', ']', CLOSE_ARRAY);
on('name', '"', START_NAME);
on('nameOrClose', '"', START_NAME);
on('nameOrClose', '}', CLOSE_OBJECT);
on('colon', ':', 'value');
on('commaOrClose', ',', COMMA);
on('commaOrClose', '}', CLOSE_OBJECT);
on('commaOrClose', ']', CLOSE_ARRAY);

on('string', [0x20, 0x7f], 'string');
on('string', '"', END_STRING);
on('string', '\\', 'escape');
on('escape', '"\\/bfnrt', 'string');
on('escape', 'u', 'hex4');
on('hex4', HEX, 'hex3');
on('hex3', HEX, 'hex2');
on('hex2', HEX, 'hex1');
on('hex1', HEX, 'string');

// Well-formed UTF-8, as table 3-7 of the Unicode standard has it: no longer forms than needed, no surrogates.
on('string', [0xc2, 0xdf], 'one');
on('string', [0xe0, 0xef], 'two');
on('string', [0xe0, 0xe0], 'afterE0');
on('string', [0xed, 0xed], 'afterED');
on('string', [0xf0, 0xf0], 'afterF0');
on('string', [0xf1, 0xf3], 'three');
on('string', [0xf4, 0xf4], 'afterF4');
on('one', [0x80, 0xbf], 'string');
on('two', [0x80, 0xbf], 'one');
on('three', [0x80, 0xbf], 'two');
on('afterE0', [0xa0, 0xbf], 'one');
on('afterED', [0x80, 0x9f], 'one');
on('afterF0', [0x90, 0xbf], 'two');
on('afterF4', [0x80, 0x8f], 'two');

for (const from of NUMBER_ENDS) on(from, `${SPACE},]}`, END_NUMBER);
on('minus', '0', 'zero');
on('minus', '123456789', 'digits');
on('digits', DIGITS, 'digits');
for (const from of ['zero', 'digits']) on(from, '.', 'point');
for (const from of ['point', 'fraction']) on(from, DIGITS, 'fraction');
for (const from of ['zero', 'digits', 'fraction']) on(from, 'eE', 'exponent');
on('exponent', '+-', 'exponentSign');
for (const from of ['exponent', 'exponentSign', 'exponentDigits']) on(from, DIGITS, 'exponentDigits');

for (const byte of Buffer.from('123456789')) FIRST[byte] = state('digits');
for (const [first, name] of [
  ['-', 'minus'],
  ['0', 'zero'],
] as const)
  FIRST[first.charCodeAt(0)] = state(name);
for (const word of ['true', 'false', 'null']) {
  FIRST[word.charCodeAt(0)] = state(word.slice(0, 1));
  for (let length = 1; length < word.length; length += 1) {
    const isLast = length === word.length - 1;
    on(word.slice(0, length), word.charAt(length), isLast ? END_WORD : word.slice(0, length + 1));
  }
}

/** Inside a character of several bytes. */
export const isInCharacter = (at: number): boolean => at >= state('one') && at <= state('afterF4');

const EXPECTED: Readonly<Record<string, string>> = {
  value: 'a value',
  valueOrClose: 'a value or ]',
  name: 'a name in double quotes',
  nameOrClose: 'a name in double quotes or }',
  colon: 'a colon',
  commaOrClose: 'a comma or the closing bracket',
  end: 'the end of the line',
  string: 'the rest of the string',
  escape: 'one of "\\/bfnrtu after the backslash',
};

/** What could have come in a state, for people. */
export function expectedIn(at: number): string {
  const name = NAMES[at] ?? '';
  if (name.startsWith('hex')) return 'four hexadecimal digits after \\u';
  if (at >= state('t')) return 'true, false or null';
  return EXPECTED[name] ?? 'the rest of a number';
}
