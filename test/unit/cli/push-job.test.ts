import { expect, it } from 'vitest';
import { KEPT_FLAGS } from '../../../src/cli/push-job.ts';
import { wholeProgram } from '../../helpers/whole-program.ts';

/** What the command that continues a job is given again, or what it need not know. */
const OF_ONE_RUN = new Set([
  'auth',
  'baseUrl',
  'clientCert',
  'clientKey',
  'color',
  'dryRun',
  'insecureHttp',
  'json',
  'keep',
  'keyCommand',
  'mtlsClientCertFile',
  'mtlsClientKeyFile',
  'organization',
  'profile',
  'progress',
  'progressInterval',
  'project',
  'quiet',
  'resume',
  'stateDir',
  'verbose',
  'version',
  'waitLock',
]);

it('keeps each flag of a push for the rest of its job, but those of one run', async () => {
  const push = (await wholeProgram()).commands.find((command) => command.name() === 'push');
  const flags = push?.options.map((option) => option.attributeName()) ?? [];

  const forgotten = flags.filter((name) => !KEPT_FLAGS.includes(name) && !OF_ONE_RUN.has(name));

  expect(flags).toContain('purpose');
  expect(forgotten).toEqual([]);
});
