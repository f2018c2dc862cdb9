import { describe, expect, it } from 'vitest';
import { sessionRow } from '../../../src/ui/format-session.ts';
import { savedSessionOf } from '../../helpers/saved-session.ts';

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
