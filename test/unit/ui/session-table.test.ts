import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { sessionTable } from '../../../src/ui/session-table.ts';
import { savedSessionOf } from '../../helpers/saved-session.ts';

const sessions = [
  savedSessionOf({ lockedBy: { pid: 12, host: 'here' } }),
  savedSessionOf({ uploadId: 'upload_2', filename: '日本語のとても長いファイル名のデータ.jsonl' }),
  savedSessionOf({ uploadId: 'upload_3', status: 'completing', acknowledgedBytes: 200_000_000 }),
  savedSessionOf({ uploadId: 'upload_4', status: 'completed', timeLeftMs: null, fileId: 'file-1' }),
];

describe('the table of sessions', () => {
  it('has a head, and a line for each in the order given', () => {
    expect(sessionTable(sessions, 110)).toEqual([
      'UPLOAD                           FILE                                         SENT  STATUS      LEFT',
      'upload_f15a7f7fc5e8c42d7614087d  big.jsonl                                    50 %  sending     59 min',
      'upload_2                         日本語のとても長いファイル名のデータ.jsonl   50 %  pending     59 min',
      'upload_3                         big.jsonl                                    99 %  completing  59 min',
      'upload_4                         big.jsonl                                   100 %  completed',
    ]);
  });

  it('leaves ids whole at 80 columns, and cuts names', () => {
    const table = sessionTable(sessions, 80);
    expect(table.every((line) => stringWidth(line) <= 80)).toBe(true);
    expect(table[1]).toMatch(/^upload_f15a7f7fc5e8c42d7614087d {2}big\.jsonl /);
    expect(table[2]).toMatch(/^upload_2 .*日本.*….*\.jsonl {2,}50 %/);
  });

  it.each([120, 79, 70, 60, 50, 40, 36])('fits %i columns, and cuts no id and no number', (columns) => {
    const lines = sessionTable(sessions, columns);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    for (const whole of ['upload_f15a7f7fc5e8c42d7614087d', '50 %', 'completing', '59 min'])
      expect(lines.join('\n')).toContain(whole);
  });

  it('takes two lines for each where ids would have to be cut', () => {
    expect(sessionTable(sessions.slice(0, 2), 40)).toEqual([
      'upload_f15a7f7fc5e8c42d7614087d',
      '  big.jsonl  50 %, sending, 59 min',
      'upload_2',
      '  日本語…タ.jsonl  50 %, pending, 59 min',
    ]);
  });

  it('shows no control character of a name', () => {
    const [, line] = sessionTable([savedSessionOf({ filename: 'a\u001b[31m\n.bin' })], 200);
    expect(line).toContain('a\\x1b[31m\\x0a.bin');
  });
});
