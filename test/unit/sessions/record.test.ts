import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionFileName } from '../../../src/sessions/record.ts';

const ids = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.base64String({ minLength: 4 }),
  fc.constantFrom('.', '..', '../../etc/passwd', 'a/b', 'con', 'a%2eb', 'x'.repeat(500), 'ä'.repeat(100)),
);

describe('the file name of a session', () => {
  it.each([
    ['upload_abc-123', 'upload_abc-123'],
    ['ZGF0YQ==', 'ZGF0YQ%3d%3d'],
    ['../x', '%2e%2e%2fx'],
    ['a%2fb', 'a%252fb'],
    ['ä', '%c3%a4'],
  ])('of %j is %j', (id, name) => {
    expect(sessionFileName(id)).toBe(name);
  });

  it('has safe characters alone, and room for a suffix', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(sessionFileName(id)).toMatch(/^[A-Za-z0-9_%=-]{1,200}$/);
      }),
    );
  });

  it('is another for another id', () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect(sessionFileName(a) === sessionFileName(b)).toBe(a === b);
      }),
    );
  });

  it('of a long id is no other id’s, however that is chosen', () => {
    const { long, digest } = longIdWithDigest('2e');
    expect(sessionFileName(`.${digest.slice(2)}`)).not.toBe(sessionFileName(long));
  });
});

/** A long id whose digest begins with the code of a character that is written as `%2e`. */
function longIdWithDigest(start: string) {
  for (let n = 0; ; n += 1) {
    const long = `${'x'.repeat(300)}${n}`;
    const digest = createHash('sha256').update(long).digest('hex');
    if (digest.startsWith(start)) return { long, digest };
  }
}
