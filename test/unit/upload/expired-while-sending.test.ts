import { expect, it } from 'vitest';
import { expiredWhileSending } from '../../../src/upload/read-session.ts';
import { progressOf } from '../../helpers/events.ts';
import { recordOf } from '../../helpers/record.ts';

it('says in grouped digits what an upload that was too slow would have needed', () => {
  const record = recordOf({ uploadId: 'upload_1', createdAt: 0, expiresAt: 3600 });
  const progress = progressOf({
    acknowledgedBytes: 3_500_000,
    totalBytes: 8_000_000_000,
    bytesPerSecond: 39_695.4,
  });

  expect(expiredWhileSending(record, progress, 3_600_000)).toMatchObject({
    message: 'upload_1 expired when 3,500,000 of 8,000,000,000 bytes were sent',
    hint: expect.stringContaining('needs 2,222,223 bytes a second; it was 39,695.'),
  });
});
