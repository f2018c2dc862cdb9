import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeControl } from '../../../src/ui/escape.ts';

describe('text from elsewhere', () => {
  it.each([
    ['plain.jsonl', 'plain.jsonl'],
    ['größe 数据 🎉', 'größe 数据 🎉'],
    ['a\nb\r\tc', 'a\\x0ab\\x0d\\x09c'],
    ['\u001b[2J\u001b]0;x\u0007', '\\x1b[2J\\x1b]0;x\\x07'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['\u2028\u2029', '\\u2028\\u2029'],
    ['exe.\u202etxt', 'exe.\\u202etxt'],
    ['\u2066\u2069\u200e\u200f', '\\u2066\\u2069\\u200e\\u200f'],
    ['', ''],
  ])('%j is shown as %s', (text, shown) => {
    expect(escapeControl(text)).toBe(shown);
  });

  it('shows the Arabic letter mark, which turns the direction too', () => {
    expect(escapeControl('a\u061cb')).toBe('a\\u61cb');
  });

  it('keeps nothing that could steer a terminal, and is not escaped twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = escapeControl(text);
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
        expect(escapeControl(shown)).toBe(shown);
      }),
    );
  });
});
