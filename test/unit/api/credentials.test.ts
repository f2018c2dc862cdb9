import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../src/api/credentials.ts';
import type { IssuedKey, Source } from '../../../src/api/key.ts';
import { UploadError } from '../../../src/model/errors.ts';
import { formatHint } from '../../../src/model/hint.ts';
import { createFakeClock } from '../../helpers/fake-clock.ts';

const MINUTE = 60_000;
const IDENTITY: Source = { type: 'identity', providerId: 'idp', serviceAccountId: 'sa', tokenFile: '/token' };
const refusal = new UploadError('authentication', { message: 'the key is wrong (HTTP 401)' });
const { signal } = new AbortController();

/** Credentials whose source gives these, one a call, and the last again and again. */
function setUp(issued: readonly (IssuedKey | Error)[], source = IDENTITY) {
  const clock = createFakeClock();
  const seen: string[] = [];
  let calls = 0;
  const credentials = createCredentials(source, {
    clock,
    redact: (text) => text,
    onSecret: (secret) => seen.push(secret),
    async exchange() {
      const next = issued[Math.min(calls, issued.length - 1)];
      calls += 1;
      if (next instanceof Error) throw next;
      return next as IssuedKey;
    },
  });
  return { clock, credentials, seen, key: () => credentials.key(signal), calls: () => calls };
}

describe('credentials', () => {
  it('ask their source once for all who want the key', async () => {
    const { key, calls, seen } = setUp([{ key: 'one' }]);

    expect(await Promise.all([key(), key(), key()])).toEqual(['one', 'one', 'one']);
    expect([calls(), seen]).toEqual([1, ['one']]);
  });

  it.each([
    ['20 minutes before the end', 60 * MINUTE, 40 * MINUTE],
    ['at half of a short lifetime', 10 * MINUTE, 5 * MINUTE],
  ])('renew %s, while the old key goes on', async (_, lifetimeMs, renewAtMs) => {
    const { key, clock, calls } = setUp([
      { key: 'one', lifetimeMs },
      { key: 'two', lifetimeMs },
    ]);
    await key();

    await clock.advance(renewAtMs - 1);
    expect([await key(), calls()]).toEqual(['one', 1]);
    await clock.advance(1);
    expect(await key()).toBe('one');
    await clock.advance(0);
    expect([await key(), calls()]).toEqual(['two', 2]);
  });

  it('use a key to its end when it cannot be renewed, and then say why', async () => {
    const failure = new UploadError('network', { message: 'nothing answers', isRetryable: true });
    const { key, clock, calls } = setUp([{ key: 'one', lifetimeMs: 10 * MINUTE }, failure]);
    await key();

    await clock.advance(5 * MINUTE);
    expect([await key(), await key(), await key()]).toEqual(['one', 'one', 'one']);
    expect(calls()).toBe(2);
    await clock.advance(5 * MINUTE);
    await expect(key()).rejects.toBe(failure);
  });

  it('renew once for all who have met a refusal', async () => {
    const { credentials, key, calls } = setUp([{ key: 'one' }, { key: 'two' }]);
    await key();

    expect([credentials.refused('one', refusal), credentials.refused('one', refusal)]).toEqual([true, true]);
    expect(await Promise.all([key(), key()])).toEqual(['two', 'two']);
    expect(credentials.refused('one', refusal)).toBe(true);
    expect([await key(), calls()]).toEqual(['two', 2]);
  });

  it('give up when the new key is refused, too, unless it was good for a while', async () => {
    const { credentials, key } = setUp([{ key: 'one' }, { key: 'two' }, { key: 'three' }]);
    await key();
    credentials.refused('one', refusal);

    await key();
    expect(credentials.refused('two', refusal)).toBe(false);
    credentials.accepted('two');
    expect(credentials.refused('two', refusal)).toBe(true);
    expect(await key()).toBe('three');
  });

  it('give up with the words of the server when the source has no other key', async () => {
    const { credentials, key } = setUp([{ key: 'one' }]);
    await key();
    credentials.refused('one', refusal);

    await expect(key()).rejects.toMatchObject({
      code: 'authentication',
      message: expect.stringMatching(/^the key is wrong \(HTTP 401\); .* gave the same key$/),
    });
  });

  it('do not wait for a source longer than their caller', async () => {
    const stop = new AbortController();
    const source: Source = { type: 'function', get: () => new Promise(() => undefined) };
    const waiting = setUp([], source).credentials.key(stop.signal);
    stop.abort(new Error('stopped'));

    await expect(waiting).rejects.toThrow('stopped');
  });

  it.each(['"sk-12345678"', 'Bearer sk-12345678', 'sk-1234\n5678'])(
    'refuse %j from their source',
    async (key) => {
      const { credentials } = setUp([{ key }]);
      await expect(credentials.key(signal)).rejects.toMatchObject({ code: 'authentication' });
    },
  );

  it('name their source, and never the key', () => {
    const origin = (source: Source) => formatHint(setUp([], source).credentials.origin);

    expect(origin({ type: 'key', key: 'sk-12345678' })).toBe('`apiKey`');
    expect(origin({ type: 'file', path: '/key', setBy: 'OPENAI_API_KEY_FILE' })).toBe(
      'the key file /key of OPENAI_API_KEY_FILE',
    );
    expect(origin({ type: 'command', command: 'echo sk-12345678' })).toBe('the key command');
    expect(origin(IDENTITY)).toContain('/token');
  });
});

describe('a key of a function', () => {
  it.each([undefined, null, 42])('is not sent when it is %j', async (given) => {
    const get = async () => given as unknown as string;
    const { key } = setUp([], { type: 'function', get });
    await expect(key()).rejects.toMatchObject({
      code: 'authentication',
      message: `there is no API key: its function gave ${given === null ? 'null' : typeof given}`,
    });
  });
});
