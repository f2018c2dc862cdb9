import { describe, expect, it } from 'vitest';
import {
  formatNext,
  nextSessionCommand,
  sessionCommand,
} from '../../../../src/cli/render/session-command.ts';
import { lacks } from '../../../helpers/lacks.ts';
import { savedSessionOf, sessionDetailsOf } from '../../../helpers/saved-session.ts';

const flags = { color: true };
const ID = 'upload_f15a7f7fc5e8c42d7614087d';

describe('a command about a session', () => {
  it.skipIf(lacks('paths'))('repeats the flags that this call was given', () => {
    const given = { ...flags, stateDir: '/my state', organization: 'org-1' };
    expect(sessionCommand('resume', savedSessionOf(), given)).toBe(
      `openai-upload resume --state-dir '/my state' --organization org-1 ${ID}`,
    );
  });

  it('names the account of the session where it is not that which is set, and never its server', () => {
    const session = savedSessionOf({
      baseUrl: 'http://127.0.0.1:1/v1',
      project: 'proj-1',
      differsIn: ['baseUrl', 'project'],
    });
    expect(sessionCommand('cancel', session, { ...flags, baseUrl: 'https://other/v1' })).toBe(
      `openai-upload cancel --base-url https://other/v1 --project proj-1 ${ID}`,
    );
  });

  it.skipIf(lacks('paths'))('is safe in a shell, whatever the id', () => {
    expect(sessionCommand('status', savedSessionOf({ uploadId: '-a b;$(c)' }), flags)).toBe(
      "openai-upload status -- '-a b;$(c)'",
    );
  });
});

describe('what to run next', () => {
  it.each([
    [{ next: 'resume' }, `openai-upload resume ${ID}`],
    [{ next: 'restart', status: 'expired' }, `openai-upload resume --restart ${ID}`],
    [{ next: 'none', status: 'completed' }, null],
    [{ next: 'none', restartedAs: 'upload_2' }, 'openai-upload status upload_2'],
    [{ next: 'wait', lockedBy: { pid: 1, host: 'h' } }, null],
    [{ next: 'source', source: 'missing' }, null],
    [{ next: 'push', repush: { purpose: 'batch' } }, 'openai-upload push --purpose batch /data/big.jsonl'],
  ] as const)('of %j is %s', (changes, command) => {
    expect(nextSessionCommand(sessionDetailsOf(changes), flags)).toBe(command);
  });

  it.skipIf(lacks('paths'))('is a push that makes the same upload again', () => {
    const repush = {
      purpose: 'user_data',
      filename: 'my file',
      mimeType: 'text/x',
      expiresAfterSeconds: 3600,
      md5: false,
    } as const;
    expect(nextSessionCommand(sessionDetailsOf({ next: 'push', repush }), flags)).toBe(
      "openai-upload push --purpose user_data --filename 'my file' --mime-type text/x --expires-after 3600s --no-md5 /data/big.jsonl",
    );
  });

  it('is no command for scripts while an organization is set that the session has not, and says so to people', () => {
    const session = sessionDetailsOf({ differsIn: ['organization'] });
    expect(nextSessionCommand(session, flags)).toBeNull();
    expect(formatNext(session, flags)).toBe(`unset the organization first, then: openai-upload resume ${ID}`);
  });

  it('is no command for scripts while another server is set, for its record may have been changed', () => {
    const session = sessionDetailsOf({ baseUrl: 'https://stranger/v1', differsIn: ['baseUrl'] });
    expect(nextSessionCommand(session, flags)).toBeNull();
    expect(formatNext(session, flags)).toBe(
      `set its base URL first, if you trust that server, then: openai-upload resume ${ID}`,
    );
    const profiles = [{ name: 'work', baseUrl: 'https://stranger/v1', organization: null, project: null }];
    expect(nextSessionCommand(session, { ...flags, profiles })).toBe(
      `openai-upload resume --profile work ${ID}`,
    );
  });

  it('says why there is nothing to run', () => {
    const held = sessionDetailsOf({ next: 'wait', lockedBy: { pid: 12, host: 'here' } });
    expect(formatNext(held, flags)).toBe('let process 12 on here finish');
    const gone = sessionDetailsOf({ next: 'source', source: 'missing' });
    expect(formatNext(gone, flags)).toBe('nothing: the source is missing');
    expect(formatNext(sessionDetailsOf({ next: 'none' }), flags)).toBeNull();
  });
});
