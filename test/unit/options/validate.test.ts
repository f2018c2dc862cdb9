import { describe, expect, it } from 'vitest';
import { checkConnectionOptions } from '../../../src/options/validate.ts';

describe('headers', () => {
  it.each([
    [
      {
        headers: {
          'X-Team': 'blue whales',
          'x-name': 'J\u00fcrgen',
          Authorization: 'Bearer x',
          'x-empty': '',
        },
      },
    ],
    [{ organization: 'org-1', project: undefined }],
  ])('that HTTP can carry are taken: %j', (options) => {
    expect(() => checkConnectionOptions(options as object)).not.toThrow();
  });

  it.each([
    [{ headers: { 'X-Team': 'secret\nblue' } }, 'the header X-Team holds'],
    [{ headers: { 'X-Team': 'secret 😀' } }, 'the header X-Team holds'],
    [{ headers: { 'X Team': 'secret' } }, 'a header has a name'],
    [{ headers: { 'Transfer-Encoding': 'chunked' } }, 'the header Transfer-Encoding cannot be set'],
    [{ headers: { expect: '100-continue' } }, 'the header expect cannot be set'],
    [{ organization: 'org\nsecret' }, 'the organization holds'],
  ])('that it cannot are refused by name, without the value: %j', (options, message) => {
    const check = () => checkConnectionOptions(options);
    expect(check).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
    expect(check).not.toThrow(/secret/);
  });
});
