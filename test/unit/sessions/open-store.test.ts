import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defaultStateDirectory } from '../../../src/sessions/open-store.ts';
import { lacks } from '../../helpers/lacks.ts';

describe('the state directory', () => {
  it.skipIf(lacks('paths')).each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', {}, '/home/ann/.local/state/openai-upload'],
    ['linux', { XDG_STATE_HOME: '/state' }, '/state/openai-upload'],
    ['linux', { XDG_STATE_HOME: '' }, '/home/ann/.local/state/openai-upload'],
    ['freebsd', {}, '/home/ann/.local/state/openai-upload'],
    ['darwin', { XDG_STATE_HOME: '/state' }, '/home/ann/Library/Application Support/openai-upload'],
    ['win32', {}, '/home/ann/AppData/Local/openai-upload/State'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/openai-upload/State'],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(defaultStateDirectory({ platform, env, home: '/home/ann' })).toBe(expected);
  });

  it('is no relative path, which would depend on where we are: such a variable is to be ignored', () => {
    const env = { XDG_STATE_HOME: 'state' };
    expect(isAbsolute(defaultStateDirectory({ platform: 'linux', env, home: '/home/ann' }))).toBe(true);
  });

  it('is this machine’s and this user’s unless told', () => {
    const { platform, env } = process;
    expect(defaultStateDirectory()).toBe(defaultStateDirectory({ platform, env, home: homedir() }));
  });

  it.each(['', 'relative'])('does not depend on where we are when HOME is %j either', (home) => {
    vi.stubEnv('HOME', home);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { platform, env } = process;
    const expected = defaultStateDirectory({ platform, env, home: userInfo().homedir });
    expect(defaultStateDirectory()).toBe(expected);
  });
});
