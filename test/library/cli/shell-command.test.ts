import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellCommand, shellQuote } from '../../../src/ui/shell-command.ts';
import { CLEAN, hasShell, SHELLS } from '../../helpers/shells/offers.ts';

const RISKY = 'ab \'"\\$`!*?~#&;|<>(){}[]=%,@^ä数’“-'.split('');
const words = fc.array(fc.string({ unit: fc.constantFrom(...RISKY) }), { minLength: 100, maxLength: 100 });

describe('a quoted word', () => {
  it.for(SHELLS)('is read back by %s as it was, or there is none', (shell, { skip }) => {
    skip(!hasShell(shell), `there is no ${shell}`);
    fc.assert(
      fc.property(words, (texts) => {
        const safe = texts.filter((text) => shellQuote(text, 'linux') !== null);
        const script = shellCommand(["printf '%s\\0'", ...safe.map((text) => shellQuote(text, 'linux'))]);
        const read = execFileSync(shell, [...CLEAN[shell], '-c', script ?? ''], { encoding: 'utf8' });
        expect(read.split('\0').slice(0, -1)).toEqual(safe);
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    ['upload_abc-123', 'upload_abc-123'],
    ['/data/2026:11/a@b+c=d.bin', '/data/2026:11/a@b+c=d.bin'],
    ['', "''"],
    ['-', '-'],
    ['-x', "'-x'"],
    ['my file', "'my file'"],
    ["it's", `"it's"`],
    ['it’s', '"it’s"'],
    ['“it”', "'“it”'"],
    ['$(id)', "'$(id)'"],
    ['a\\b', "'a\\b'"],
    // zsh takes the path of a command for the first, PowerShell a variable for the second.
    ['=ls', "'=ls'"],
    ['@x', "'@x'"],
  ])('of a POSIX shell: %j is written %s', (text, quoted) => {
    expect(shellQuote(text, 'linux')).toBe(quoted);
  });

  it.each([
    ['C:\\data\\a.bin', 'C:\\data\\a.bin'],
    ['C:\\my data\\a.bin', '"C:\\my data\\a.bin"'],
    ['C:\\my data\\', '"C:\\my data\\\\"'],
    ['a & b', '"a & b"'],
    ["it's", `"it's"`],
  ])('of Windows: %j is written %s', (text, quoted) => {
    expect(shellQuote(text, 'win32')).toBe(quoted);
  });

  it.each([
    ['linux', "it's $5"],
    ['linux', 'it’s "it"'],
    ['linux', "\\'"],
    ['linux', 'ends in \\'],
    ['linux', 'a\nb'],
    ['linux', 'a\u202eb'],
    ['win32', '%PATH%'],
    ['win32', 'a$b'],
    ['win32', 'a`b'],
    ['win32', 'a"b'],
    ['win32', 'a”b'],
  ] as const)('does not exist on %s for %j: no quotes mean the same everywhere', (platform, text) => {
    expect(shellQuote(text, platform)).toBeNull();
    expect(shellCommand(['openai-upload', shellQuote(text, platform)])).toBeNull();
  });
});
