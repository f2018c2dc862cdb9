import { describe, expect, it } from 'vitest';
import { sessionLines, sessionRow } from '../../../src/ui/session-lines.ts';
import { savedSessionOf, sessionDetailsOf } from '../../helpers/saved-session.ts';

/** The lines by their first word. */
function linesOf(changes: Parameters<typeof sessionDetailsOf>[0] = {}, next: string | null = null) {
  const lines = sessionLines(sessionDetailsOf(changes), next);
  return Object.fromEntries(lines.map((line) => /^(\w+) +(.*)$/.exec(line)?.slice(1) as [string, string]));
}

describe('a session in full', () => {
  it('says what there is to know, in a line each', () => {
    expect(sessionLines(sessionDetailsOf(), 'openai-upload resume x')).toEqual([
      'upload   upload_f15a7f7fc5e8c42d7614087d',
      'file     big.jsonl, 200.0 MB, for batch',
      'source   /data/big.jsonl is unchanged',
      'status   pending',
      'sent     50 %, 8 of 16 parts, 100.0 MB of 200.0 MB',
      'missing  parts 3, 7-13 of 16, 100.0 MB',
      'created  2030-03-17T17:46:40Z',
      'expires  2030-03-17T18:46:40Z, in 59 min 51 s',
      'server   https://api.openai.com/v1',
      'saved    /state/upload_f15a7f7fc5e8c42d7614087d.json',
      'next     openai-upload resume x',
    ]);
  });

  it('names the file and no time left once it is completed', () => {
    const lines = linesOf({ status: 'completed', fileId: 'file-1', missing: [], timeLeftMs: null });
    expect(lines).toMatchObject({ status: 'completed', result: 'file-1' });
    expect(lines).not.toHaveProperty('missing');
    expect(lines).not.toHaveProperty('expires');
    expect(lines).not.toHaveProperty('next');
  });

  it('says when it expired, and what goes on in its place', () => {
    expect(linesOf({ status: 'expired', timeLeftMs: null, restartedAs: 'upload_2' })).toMatchObject({
      expires: '2030-03-17T18:46:40Z',
      instead: 'upload_2',
    });
  });

  it('says who works on it, as far as the lock tells', () => {
    expect(linesOf({ lockedBy: { pid: 12, host: 'here' } }).status).toBe(
      'pending, process 12 on here is working on it',
    );
    expect(linesOf({ lockedBy: { pid: null, host: null } }).status).toBe(
      'pending, a process is working on it',
    );
  });

  it.each([
    ['same', 'is unchanged'],
    ['touched', 'was modified'],
    ['changed', 'has a different size'],
    ['missing', 'is missing'],
    ['unreadable', 'cannot be read'],
  ] as const)('says of a source that is %s: %s', (source, words) => {
    expect(linesOf({ source }).source).toContain(`/data/big.jsonl ${words}`);
  });

  it('names a single missing part, and of very many only the first', () => {
    expect(linesOf({ missing: [{ first: 16, last: 16 }] }).missing).toBe('part 16 of 16, 100.0 MB');
    const missing = Array.from({ length: 100 }, (_, index) => ({ first: 2 * index, last: 2 * index }));
    expect(linesOf({ missing }).missing).toMatch(/^parts 0, 2, .*, 38, … of 16/);
  });

  it('names the account, and whether it is the one that is set', () => {
    expect(linesOf({ organization: 'org-1', project: 'proj-1' }).server).toBe(
      'https://api.openai.com/v1, organization org-1, project proj-1',
    );
    expect(linesOf({ differsIn: ['baseUrl'] }).server).toMatch(/differs from the current settings/);
  });

  it('obeys no control character of a name', () => {
    const filename = 'a\u001b[31m\n.bin';
    expect(linesOf({ filename }).file).toMatch(/^a\\x1b\[31m\\x0a\.bin, /);
  });
});

describe('the row of a session, for scripts', () => {
  it('has its fields in the promised order, in plain numbers', () => {
    expect(sessionRow(savedSessionOf({ timeLeftMs: 3_591_999 })).split('\t')).toEqual([
      'upload_f15a7f7fc5e8c42d7614087d',
      'big.jsonl',
      '50',
      'pending',
      '3591',
      '100000000',
      '200000000',
      '/data/big.jsonl',
    ]);
  });

  it('has no empty field, and keeps the status when a process is at work', () => {
    const over = savedSessionOf({ status: 'completed', timeLeftMs: null, lockedBy: { pid: 1, host: 'h' } });
    expect(sessionRow(over).split('\t').slice(2, 5)).toEqual(['100', 'completed', '-']);
  });

  it('stays one row of eight fields, whatever is in a name', () => {
    const row = sessionRow(savedSessionOf({ filename: 'a\tb\nc', path: '/a\tb\nc' }));
    expect(row.split('\t')).toHaveLength(8);
    expect(row).not.toContain('\n');
    expect(row).toContain('a\\x09b\\x0ac');
  });
});
