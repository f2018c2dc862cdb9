import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configPath } from '../../../../src/cli/config/config-file.ts';
import { defaultStateDirectory } from '../../../../src/sessions/open-store.ts';
import { lacks } from '../../../helpers/lacks.ts';

describe('the configuration', () => {
  it.skipIf(lacks('paths')).each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', {}, '/home/ann/.config/openai-upload/config.json'],
    ['linux', { XDG_CONFIG_HOME: '/etc/ann' }, '/etc/ann/openai-upload/config.json'],
    ['linux', { XDG_CONFIG_HOME: '' }, '/home/ann/.config/openai-upload/config.json'],
    ['linux', { XDG_CONFIG_HOME: 'etc' }, '/home/ann/.config/openai-upload/config.json'],
    ['freebsd', {}, '/home/ann/.config/openai-upload/config.json'],
    ['darwin', { XDG_CONFIG_HOME: '/etc' }, '/home/ann/Library/Preferences/openai-upload/config.json'],
    ['win32', {}, '/home/ann/AppData/Roaming/openai-upload/Config/config.json'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/openai-upload/Config/config.json'],
    ['linux', { OPENAI_UPLOAD_CONFIG_DIR: '/mine', XDG_CONFIG_HOME: '/etc' }, '/mine/config.json'],
    ['linux', { OPENAI_UPLOAD_CONFIG_DIR: '' }, '/home/ann/.config/openai-upload/config.json'],
    ['linux', { OPENAI_UPLOAD_CONFIG_DIR: 'mine' }, resolve('mine/config.json')],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(configPath({ platform, env, home: '/home/ann' })).toBe(expected);
  });

  it.each<NodeJS.Platform>(['linux', 'darwin', 'win32'])('on %s is apart from the sessions', (platform) => {
    const here = { platform, env: {}, home: '/home/ann' };
    expect(configPath(here)).not.toContain(`${defaultStateDirectory(here)}/`);
  });
});
