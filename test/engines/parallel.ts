import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { changed, recipe } from './recipes.ts';
import { allArguments, holdParts, killPushes, run, type Stage, succeed } from './stage.ts';

/** All jobs are killed while they send; `--resume-failed` then runs them again. */
export async function onThisMachine(stage: Stage): Promise<string> {
  const script = recipe('parallel --jobs');

  const killed = await killWhileSending(script, stage);

  await succeed(['bash', '-c', changed(script, 'parallel', 'parallel --resume-failed')], stage);
  return `${killed} jobs killed, and run again`;
}

/** On two machines that are this one, each with an sshd that listens nowhere. */
export async function overSsh(stage: Stage): Promise<string> {
  const { folder, server } = stage;
  const { OPENAI_API_KEY: key = '', ...env } = stage.env;
  const ssh = await setUpSsh(stage);
  await writeFile(join(folder, '.openai-key'), key, { mode: 0o600 });
  const script = recipe('parallel --sshloginfile');
  // parallel takes a folder below the home for one below the home on the other machine too.
  const home = { HOME: homedir(), PARALLEL_HOME: join(folder, '.parallel') };
  const asKept = { ...stage, env: { ...env, ...home, ...ssh } };

  const killed = await killWhileSending(script, asKept, async () => {
    const shown = await allArguments();
    const forms = [key, Buffer.from(key).toString('hex'), Buffer.from(key).toString('base64')];
    if (forms.some((form) => shown.includes(form))) throw new Error('the key is in the process list');
  });

  await succeed(['bash', '-c', changed(script, 'parallel', 'parallel --resume-failed')], asKept);
  return `${killed} jobs killed and run again, the key never in the process list, ${server.files().length} files`;
}

async function killWhileSending(
  script: string,
  stage: Stage,
  look = async () => undefined as unknown,
): Promise<number> {
  const { folder, server } = stage;
  const running = run(['bash', '-c', script], stage);
  const ended = running.then(({ code, output }) => {
    throw new Error(`parallel exited with ${code} before anything was killed:\n${output}`);
  });

  await Promise.race([holdParts(server), ended]);
  ended.catch(() => undefined);
  await look();
  const killed = await killPushes(folder);
  server.release('parts');

  const { code } = await running;
  if (killed === 0 || code === 0)
    throw new Error(`${killed} jobs were killed, and parallel exited with ${code}`);
  return killed;
}

async function setUpSsh({ folder, env }: Stage): Promise<NodeJS.ProcessEnv> {
  const ssh = join(folder, 'ssh');
  const at = (name: string) => join(ssh, name);
  await mkdir(ssh);
  for (const name of ['host', 'user'])
    await succeed(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(name)], { folder, env });
  const own = ['HOME', 'PATH', 'OPENAI_BASE_URL', 'OPENAI_UPLOAD_STATE_DIR', 'OPENAI_UPLOAD_CONFIG_DIR'];

  // What starts sshd on Debian makes this; root's sshd does nothing without it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });

  await writeFile(
    at('sshd_config'),
    `HostKey ${at('host')}
AuthorizedKeysFile ${at('user.pub')}
StrictModes no
UsePAM no
PidFile none
SetEnv ${own.map((name) => `${name}=${env[name]}`).join(' ')}
`,
  );
  await writeFile(
    at('ssh_config'),
    `Host *
  ProxyCommand /usr/sbin/sshd -i -f ${at('sshd_config')}
  IdentityFile ${at('user')}
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
`,
  );
  await writeFile(join(folder, 'nodes'), 'one\ntwo\n');
  return { PARALLEL_SSH: `ssh -F ${at('ssh_config')}` };
}
