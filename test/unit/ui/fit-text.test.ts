import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cutMiddle, fitWords, padLeft, padRight, wrapText } from '../../../src/ui/fit-text.ts';

describe('a text that is cut in its middle', () => {
  it.each([
    ['big.jsonl', 9, 'big.jsonl'],
    ['big.jsonl', 8, 'big.…onl'],
    ['big.jsonl', 2, 'b…'],
    ['big.jsonl', 1, '…'],
    ['big.jsonl', 0, ''],
    ['日本語ファイル.jsonl', 12, '日本語…jsonl'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 5, '👩‍👩‍👧‍👦…👩‍👩‍👧‍👦'],
  ])('%s for %i columns', (text, columns, expected) => {
    expect(cutMiddle(text, columns)).toBe(expected);
  });

  it('never takes more columns than there are, and loses nothing that fits', () => {
    const letters = fc.constantFrom('a', 'é', '日', '한', '👍🏽', '👩‍👩‍👧‍👦', 'e\u0301', '.');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), fc.nat(40), (all, columns) => {
        const text = all.join('');
        const shown = cutMiddle(text, columns);
        expect(stringWidth(shown)).toBeLessThanOrEqual(columns);
        if (stringWidth(text) <= columns) expect(shown).toBe(text);
      }),
    );
  });
});

describe('words that fit', () => {
  it('are whole, and the first ones', () => {
    expect(fitWords(['40 %', '', '2.0 MB/s', '日本'], 30)).toBe('40 %, 2.0 MB/s, 日本');
    expect(fitWords(['40 %', '2.0 MB/s', '日本'], 19)).toBe('40 %, 2.0 MB/s');
    expect(fitWords(['40 %', '2.0 MB/s'], 3)).toBe('');
  });
});

describe('a text that is wrapped', () => {
  it.each([
    ['one two three', 'one two three'],
    ['one two three four', 'one two three\n  four'],
    ['  one two three', '  one two\n    three'],
    ['a line\n\none two three four', 'a line\n\none two three\n  four'],
    ['日本語 日本語 日本語', '日本語 日本語\n  日本語'],
    ['a-word-that-is-wider and', 'a-word-that-is-wider\n  and'],
    ['Run: openai-upload resume upload_1', 'Run:\n  openai-upload resume upload_1'],
    ['id=$(openai-upload push a)', 'id=$(openai-upload push a)'],
    ['openai-upload: it failed', 'openai-upload:\n  it failed'],
    ['\u001b[31mone two three four\u001b[39m', '\u001b[31mone two three\n  four\u001b[39m'],
  ])('%j', (text, expected) => {
    expect(wrapText(text, 14)).toBe(expected);
  });
});

describe('a padded text', () => {
  it('counts columns, not characters', () => {
    expect(padRight('日本', 6)).toBe('日本  ');
    expect(padLeft('日本', 6)).toBe('  日本');
    expect(padRight('long', 2)).toBe('long');
  });
});
