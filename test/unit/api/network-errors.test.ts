import { describe, expect, it } from 'vitest';
import { errorFromNetwork } from '../../../src/api/network-errors.ts';
import { UploadError } from '../../../src/model/errors.ts';

const origin = new URL('https://api.example:8443');
const direct = {
  action: 'sending part 3',
  route: { origin, proxy: undefined },
  nowMs: Date.UTC(2030, 0, 1),
};
const proxy = { url: new URL('http://proxy.corp:3128'), variable: 'https_proxy', authorization: undefined };
const viaProxy = { ...direct, route: { origin, proxy } };

const withCode = (code: string, message = 'low-level words') => Object.assign(new Error(message), { code });
const connecting = (cause: Error, isOfProxy: boolean) =>
  Object.assign(new Error('no connection', { cause }), { name: 'ConnectFailure', isOfProxy });

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
    ['UND_ERR_SOCKET', 'the connection was cut'],
    ['EMFILE', 'too many files are open'],
    ['EPERM', 'the system does not allow it'],
    ['ERR_ASSERTION', 'what answers there is not HTTP'],
    ['HPE_INVALID_CONSTANT', 'what answers there is not HTTP'],
    ['ESOMETHING', 'low-level words'],
  ])('with %s says "%s" and where, and is worth another attempt', (code, words) => {
    const cause = withCode(code);
    expect(errorFromNetwork(cause, direct)).toMatchObject({
      code: 'network',
      isRetryable: true,
      message: `sending part 3 failed: api.example:8443: ${words} (${code})`,
      cause,
    });
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '', /NODE_EXTRA_CA_CERTS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', '', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '', /NODE_EXTRA_CA_CERTS/],
    ['CERT_HAS_EXPIRED', '', /clock of this machine, which says 2030-01-01T00:00:00.000Z/],
    ['CERT_NOT_YET_VALID', '', /clock of this machine/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '', /base URL/],
    ['EPROTO', 'SSL routines:ssl3_get_record:wrong version number', /speaks no TLS/],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'packet length too long', /speaks no TLS/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'alert protocol version', /do not agree about TLS/],
  ])('for TLS (%s %s) is not tried again, and says what to do about its cause', (code, words, hint) => {
    expect(errorFromNetwork(connecting(withCode(code, words), false), direct)).toMatchObject({
      code: 'network',
      isRetryable: false,
      hint: expect.stringMatching(hint),
    });
  });

  it('on the way to the proxy names the proxy and its variable, and not the host', () => {
    expect(errorFromNetwork(connecting(withCode('ENOTFOUND'), true), viaProxy)).toMatchObject({
      message:
        'sending part 3 failed: the proxy proxy.corp:3128 of https_proxy: the host name is not known (ENOTFOUND)',
      hint: 'Check https_proxy, or name the host in NO_PROXY to go without a proxy.',
      isRetryable: true,
    });
  });

  it('behind the proxy names both', () => {
    expect(errorFromNetwork(withCode('ECONNRESET'), viaProxy)).toMatchObject({
      message:
        'sending part 3 failed: api.example:8443, through the proxy proxy.corp:3128: the connection was cut (ECONNRESET)',
    });
  });

  it('to a proxy that speaks no TLS is no matter of certificates', () => {
    const cause = withCode('EPROTO', 'wrong version number');
    expect(errorFromNetwork(connecting(cause, true), viaProxy)).toMatchObject({
      message: expect.stringContaining(
        'the proxy proxy.corp:3128 of https_proxy: what answers there is not TLS',
      ),
      hint: 'If the proxy does not speak TLS, begin https_proxy with http://.',
    });
  });

  it('for a header that cannot be sent names what sets headers', () => {
    expect(errorFromNetwork(withCode('UND_ERR_INVALID_ARG', 'invalid x-team header'), direct)).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('`headers`'),
    });
  });

  it('is known by the code of its cause when it has none', () => {
    const cause = new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') });
    expect(errorFromNetwork(cause, direct)).toMatchObject({
      message: expect.stringContaining('nothing answers there (ECONNREFUSED)'),
    });
  });

  it('without a code tells its own words', () => {
    expect(errorFromNetwork(new Error('other side closed'), direct)).toMatchObject({
      message: 'sending part 3 failed: api.example:8443: other side closed',
    });
  });

  it.each([
    ['an error of ours', new UploadError('source_changed', { message: 'shorter' })],
    ['a reason that is no error', 'SIGINT'],
  ])('that is %s passes through', (_, cause) => {
    expect(errorFromNetwork(cause, direct)).toBe(cause);
  });
});
