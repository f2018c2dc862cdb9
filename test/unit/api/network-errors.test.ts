import { describe, expect, it } from 'vitest';
import { errorFromNetwork } from '../../../src/api/network-errors.ts';
import { UploadError } from '../../../src/model/errors.ts';

const request = { action: 'sending part 3', host: 'api.example:8443' };
const withCode = (code: string, message = 'low-level words') => Object.assign(new Error(message), { code });

describe('a failed request', () => {
  it.each([
    ['ECONNREFUSED', 'nothing answers there'],
    ['ECONNRESET', 'the connection was cut'],
    ['EPIPE', 'the connection was cut'],
    ['ENOTFOUND', 'the host name is not known'],
    ['EAI_AGAIN', 'the host name could not be looked up'],
    ['ETIMEDOUT', 'the connection timed out'],
    ['ENETUNREACH', 'there is no network'],
    ['EHOSTUNREACH', 'the host cannot be reached'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no connection within 30 seconds'],
    ['UND_ERR_SOCKET', 'the connection was cut'],
    ['ESOMETHING', 'low-level words'],
  ])('with %s says "%s" and where, and is worth another attempt', (code, words) => {
    const cause = withCode(code);
    expect(errorFromNetwork(cause, request)).toMatchObject({
      code: 'network',
      isRetryable: true,
      message: `sending part 3 failed: api.example:8443: ${words} (${code})`,
      cause,
    });
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'EPROTO',
  ])('for a certificate (%s) is not tried again, and says what to do', (code) => {
    expect(errorFromNetwork(withCode(code), request)).toMatchObject({
      code: 'network',
      isRetryable: false,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  it('is known by the code of its cause when it has none', () => {
    const cause = new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') });
    expect(errorFromNetwork(cause, request)).toMatchObject({
      message: expect.stringContaining('nothing answers there (ECONNREFUSED)'),
    });
  });

  it('without a code tells its own words', () => {
    expect(errorFromNetwork(new Error('other side closed'), request)).toMatchObject({
      message: 'sending part 3 failed: api.example:8443: other side closed',
    });
  });

  it.each([
    ['an error of ours', new UploadError('source_changed', { message: 'shorter' })],
    ['a reason that is no error', 'SIGINT'],
  ])('that is %s passes through', (_, cause) => {
    expect(errorFromNetwork(cause, request)).toBe(cause);
  });
});
