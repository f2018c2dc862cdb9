import { describe, expect, it } from 'vitest';
import { cut, errorObject, summary, withoutFileNames } from '../../../src/api/error-object.ts';
import { errorFromResponse } from '../../../src/api/response-errors.ts';

/** What grows with the square of this takes minutes, and so longer than a test may. */
const MEGABYTE = 1024 * 1024;

describe('a hostile body of a megabyte', () => {
  it.each([
    ['a', 'a'],
    ['<', '<'],
    ['<style', '<style'],
    ['<style>', '<style>'],
    ['<script', '<script>x</script'],
    [' ', 'x '],
    ['.a', '.a'],
    ['status ', 'status  '],
  ])('of %j is summed up in a moment, in a few words', (_, unit) => {
    const text = unit.repeat(MEGABYTE / unit.length);
    for (const body of [text, JSON.stringify({ error: { message: text, code: text } })]) {
      const result = errorFromResponse(
        { status: 400, headers: { 'x-request-id': text }, text: body },
        { action: 'completing the upload', target: 'completion', nowMs: 0 },
      );
      expect(result.message.length).toBeLessThan(600);
      expect(result.facts.apiCode?.length ?? 0).toBeLessThan(200);
    }
  });

  it('of fields says what is wrong, whatever is in the place of their names', () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const loc = `["body", 0, {"toString": 1}, ${nested}]`;
    expect(errorObject(`{"detail": [{"loc": ${loc}, "msg": "Too small"}]}`).message).toBe(
      'body.0: Too small.',
    );
  });

  it('of details is summed up in a moment too', () => {
    const details = Array.from({ length: 50_000 }, (_, index) => ({ message: `no ${index}` }));
    const result = errorObject(JSON.stringify({ error: { message: 'No.', details } }));
    expect(result.message).toMatch(/^No\. no 0 no 1/);
  });
});

describe('what a page says', () => {
  it.each([
    ['<html><head><style>p { a: b }</style></head><body><h1>502</h1> Bad\n gateway', '502 Bad gateway'],
    ['<SCRIPT>if (a < b) alert(1)</SCRIPT>Hello<br/>there', 'Hello there'],
    ['', 'the server gave no reason'],
    ['<p></p>', 'the server gave no reason'],
    ['3 < 4', '3 < 4'],
    ['plain words', 'plain words'],
  ])('%s: %s', (text, expected) => {
    expect(summary(text)).toBe(expected);
  });
});

describe('words without the names of files', () => {
  it.each([
    ['No file cancelled-orders.jsonl here', 'No file here'],
    ['The upload (expired.v2.jsonl) is open', 'The upload ) is open'],
    ['It has expired.', 'It has expired.'],
    ['.gitignore stays', '.gitignore stays'],
  ])('%s: %s', (text, expected) => {
    expect(withoutFileNames(text).replace(/\s+/g, ' ')).toBe(expected);
  });
});

describe('a text that is cut', () => {
  it('says so, and holds no half of a character', () => {
    expect(cut('short', 300)).toBe('short');
    expect(cut('a'.repeat(301), 300)).toBe(`${'a'.repeat(300)}…`);
    expect(cut(`${'a'.repeat(299)}😀`, 300)).toBe(`${'a'.repeat(299)}…`);
  });
});
