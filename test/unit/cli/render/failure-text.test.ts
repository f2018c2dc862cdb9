import { describe, expect, it } from 'vitest';
import { hintFor, nextCommand } from '../../../../src/cli/render/failure-text.ts';
import { repeatedFlags } from '../../../../src/cli/render/session-command.ts';
import type { Flags } from '../../../../src/cli/settings.ts';
import { UploadError, type UploadErrorCode, type UploadErrorFacts } from '../../../../src/model/errors.ts';
import { type Hint, hint, option } from '../../../../src/model/hint.ts';
import { lacks } from '../../../helpers/lacks.ts';

const flags = (changes: Partial<Flags> = {}): Flags => ({ color: true, ...changes });

describe('the flags of a next command', () => {
  it.skipIf(lacks('paths'))('are those that lead to the same session, as a shell takes them', () => {
    const given = flags({
      stateDir: '/my dir',
      baseUrl: 'https://h/v1?api-version=2',
      insecureHttp: true,
      retries: 3,
    });
    expect(repeatedFlags(given).join(' ')).toBe(
      "--state-dir '/my dir' --base-url 'https://h/v1?api-version=2' --insecure-http",
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

describe('the next command', () => {
  const path = '/data/a b.bin';
  const facts = { uploadId: 'upload_1', path, repush: { purpose: 'batch', filename: 'c.bin' } };
  const push = "openai-upload push --purpose batch --filename c.bin '/data/a b.bin'";
  const failed = (code: UploadErrorCode, more: UploadErrorFacts = {}, words: string | Hint = '') => ({
    error: new UploadError(code, { message: 'it failed', hint: words }, { ...facts, ...more }),
    status: 'failed' as const,
    subject: { uploadId: 'upload_1', command: 'resume' },
  });

  it('is not given where the base URL may hold a secret: the flags are left to the user', () => {
    const given = flags({ baseUrl: 'https://h/v1?key=hush' });
    expect(nextCommand(failed('network'), given)).toBeNull();
    expect(hintFor(failed('network'), given)).toBe(
      'Run this, with the same flags: openai-upload resume upload_1',
    );
    expect(hintFor(failed('network'), flags())).toBe('');
  });

  it.skipIf(lacks('paths'))('keeps the limits of this run, but not those of the configuration', () => {
    const limits = { limitRate: 5_000_000, maxRequests: '10/s' } as const;
    const end = '--limit-rate 5MB --max-requests 10/s';
    expect(nextCommand(failed('network'), flags(limits))).toBe(`openai-upload resume ${end} upload_1`);
    expect(nextCommand(failed('integrity'), flags(limits))).toBe(push.replace('c.bin', `c.bin ${end}`));
    expect(nextCommand(failed('network'), flags({ ...limits, fromConfig: limits }))).toBe(
      'openai-upload resume upload_1',
    );

    const cancelled = { ...failed('network'), subject: { uploadId: 'upload_1', command: 'cancel' } };
    expect(nextCommand(cancelled, flags(limits))).toBe('openai-upload cancel upload_1');
  });

  it
    .skipIf(lacks('paths'))
    .each(['upload_expired', 'upload_cancelled', 'integrity', 'source_changed'] as const)(
    'after %s pushes the file again',
    (code) => {
      expect(nextCommand(failed(code, { isFinal: true }), flags())).toBe(push);
    },
  );

  it.skipIf(lacks('paths')).each<[string, string | null, Parameters<typeof failed>]>([
    ['looks again', 'openai-upload resume upload_1', ['completion_unknown']],
    [
      'sends what changed',
      'openai-upload resume --reupload-changed upload_1',
      ['source_changed', { canReuploadChanged: true }],
    ],
    ['pushes again, which a faster link may help', push, ['upload_expired', { canStartOver: false }]],
    [
      'is none where another upload would be refused as well',
      null,
      ['request_refused', { canStartOver: false, needsOption: true }],
    ],
    ['is none for what is refused for good', null, ['request_refused', { isFinal: true }]],
    [
      'is a push after a part that was counted twice',
      push,
      ['request_refused', { isFinal: true, mayCountTwice: true }],
    ],
    [
      'has the options that the hint names',
      "openai-upload push --purpose batch --filename c.bin --no-resume --part-size 5MiB '/data/a b.bin'",
      [
        'request_refused',
        { needsOption: true },
        hint`push again with ${option('resume', false)} and ${option('partBytes', 5_242_880)}.`,
      ],
    ],
  ])('%s', (_, command, failure) => {
    expect(nextCommand(failed(...failure), flags())).toBe(command);
  });

  it.skipIf(lacks('paths'))('keeps what the push was given, but for what the options replace', () => {
    const given = flags({ partSize: 1000, check: false, ifNotUploaded: true, stateDir: '/s' });
    const refused = failed(
      'request_refused',
      { needsOption: true },
      hint`Take ${option('partBytes', 8_000_000)}.`,
    );
    expect(nextCommand({ ...refused, subject: { path } }, given)).toBe(
      "openai-upload push --state-dir /s --purpose batch --filename c.bin --no-check --if-not-uploaded --part-size 8MB '/data/a b.bin'",
    );
  });
});
