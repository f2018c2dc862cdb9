import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/ui/escape.ts';

describe('a quoted word', () => {
  it('is read back by the shells of Windows, whose paths have backslashes', () => {
    expect(shellQuote('C:\\data\\a.bin', 'win32')).toBe('C:\\data\\a.bin');
    expect(shellQuote('C:\\my data\\a.bin', 'win32')).toBe('"C:\\my data\\a.bin"');
  });

  it('is read back by a real shell as it was', () => {
    const words = fc.array(
      fc.string({ unit: fc.constantFrom(...'ab \'"\\$`!*?~#&;|<>(){}[]=%\n\tä数-'.split('')) }),
      {
        minLength: 100,
        maxLength: 100,
      },
    );
    fc.assert(
      fc.property(words, (texts) => {
        const script = `printf '%s\\0' ${texts.map((word) => shellQuote(word, 'linux')).join(' ')}`;
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
          texts,
        );
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    ['upload_abc-123', 'upload_abc-123'],
    ['', "''"],
    ["it's", "'it'\\''s'"],
  ])('%j is written %s', (text, quoted) => {
    expect(shellQuote(text)).toBe(quoted);
  });
});
