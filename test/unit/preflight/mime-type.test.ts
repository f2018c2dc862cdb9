import { describe, expect, it } from 'vitest';
import { mimeTypeOf } from '../../../src/preflight/mime-type.ts';

describe('the MIME type', () => {
  it.each([
    // As the API's documents have them for file search.
    ['a.c', 'text/x-c'],
    ['a.cpp', 'text/x-c++'],
    ['a.cs', 'text/x-csharp'],
    ['a.css', 'text/css'],
    ['a.doc', 'application/msword'],
    ['a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.go', 'text/x-golang'],
    ['a.html', 'text/html'],
    ['a.java', 'text/x-java'],
    ['a.js', 'text/javascript'],
    ['a.json', 'application/json'],
    ['a.jsonl', 'text/jsonl'],
    ['a.md', 'text/markdown'],
    ['a.pdf', 'application/pdf'],
    ['a.php', 'text/x-php'],
    ['a.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['a.py', 'text/x-python'],
    ['a.rb', 'text/x-ruby'],
    ['a.sh', 'application/x-sh'],
    ['a.tex', 'text/x-tex'],
    ['a.ts', 'application/typescript'],
    ['a.txt', 'text/plain'],
    // By the library's table.
    ['a.png', 'image/png'],
    ['a.mp4', 'video/mp4'],
    // However it is written, and whatever stands before it.
    ['A.JSONL', 'text/jsonl'],
    ['my.data.tar.TXT', 'text/plain'],
    ['数据.md', 'text/markdown'],
    // Nothing is known.
    ['README', 'application/octet-stream'],
    ['a.unknown-thing', 'application/octet-stream'],
    ['.gitignore', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('of %j is %s', async (name, type) => {
    await expect(mimeTypeOf(name)).resolves.toBe(type);
  });
});
