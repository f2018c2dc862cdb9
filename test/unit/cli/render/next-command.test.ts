import { describe, expect, it } from 'vitest';
import { repeatedFlags } from '../../../../src/cli/render/session-command.ts';
import type { Flags } from '../../../../src/cli/settings.ts';

const flags = (changes: Partial<Flags> = {}): Flags => ({ color: true, ...changes });

describe('the flags of a next command', () => {
  it('are those that lead to the same session, as a shell takes them', () => {
    const given = flags({
      stateDir: '/my dir',
      baseUrl: 'https://h/v1?a=b&c',
      insecureHttp: true,
      retries: 3,
    });
    expect(repeatedFlags(given).join(' ')).toBe(
      "--state-dir '/my dir' --base-url 'https://h/v1?a=b&c' --insecure-http",
    );
    expect(repeatedFlags(flags())).toEqual([]);
  });

  it('are not those that the configuration gives, unless the session has put its own there', () => {
    const fromConfig = { baseUrl: 'https://config/v1', project: 'proj_config' };
    const given = flags({ ...fromConfig, organization: 'org-flag', fromConfig });
    expect(repeatedFlags(given)).toEqual(['--organization', 'org-flag']);
    expect(repeatedFlags({ ...given, project: 'proj_session' })).toEqual([
      '--organization',
      'org-flag',
      '--project',
      'proj_session',
    ]);
  });
});
