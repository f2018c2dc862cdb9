import { describe, expect, it } from 'vitest';
import { formatHintAsFlags } from '../../../src/cli/parse-values.ts';
import { UploadError } from '../../../src/model/errors.ts';
import { formatHint, hint, option } from '../../../src/model/hint.ts';

describe('a hint', () => {
  it('names options as a program writes them', () => {
    const advice = hint`Push again with ${option('md5', false)}, ${option('partBytes', 8_000_000)} or another ${option('stateDir')}.`;
    expect(formatHint(advice)).toBe(
      'Push again with `md5: false`, `partBytes: 8000000` or another `stateDir`.',
    );
  });

  it.each([
    [hint`${option('md5', false)}`, '--no-md5'],
    [hint`${option('partBytes', 8_000_000)}`, '--part-size 8MB'],
    [hint`${option('partBytes', 5_242_880)}`, '--part-size 5MiB'],
    [hint`${option('waitLockMs', 600_000)}`, '--wait-lock 10m'],
    [hint`${option('auth', 'api-key')}`, '--auth api-key'],
    [hint`${option('stateDir')}`, '--state-dir'],
    [hint`Split it with ${option('split')}.`, 'Split it with --split.'],
  ])('is shown with the flag of an option on the command line: %j', (advice, text) => {
    expect(formatHintAsFlags(advice)).toBe(text);
  });

  it('takes in another hint, and an error keeps it through with()', () => {
    const error = new UploadError('usage', { message: 'no', hint: hint`Use ${option('restart', true)}.` });
    const changed = error.with({
      message: 'still no',
      hint: hint`${error.hintParts} Then rest.`,
      facts: { path: 'a' },
    });
    expect(changed).toMatchObject({
      code: 'usage',
      message: 'still no',
      hint: 'Use `restart: true`. Then rest.',
      facts: { path: 'a' },
    });
    expect(formatHintAsFlags(changed.hintParts)).toBe('Use --restart. Then rest.');
  });
});
