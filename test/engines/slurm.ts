import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { changed, recipe } from './recipes.ts';
import { holdParts, killPushes, run, type Stage, succeed, until } from './stage.ts';

const TASKS = 8;

/**
 * The array of the recipe in a cluster of one node. First all its tasks are killed. Then one meets a
 * server that refuses it (exit code 5), and one waits for an answer until its time is up.
 */
export async function slurm(given: Stage): Promise<string> {
  const { folder, server } = given;
  const stage = { ...given, env: { ...given.env, SLURM_CONF: join(folder, 'slurm', 'slurm.conf') } };
  const daemons = await startCluster(stage);

  try {
    await until(
      'an idle node',
      60,
      async () => (await run(['sinfo', '-h', '-o', '%T'], stage)).output === 'idle\n',
    );
    const script = changed(recipe('#SBATCH'), '--time=04:00:00', '--time=2');
    await writeFile(join(folder, 'upload.sbatch'), `${script}\n`);
    const job = /\d+/.exec(await succeed(['sbatch', 'upload.sbatch'], stage))?.[0] ?? '';

    await holdParts(server);
    const killed = await killPushes(folder);
    const parts = server.requests('part').length;
    // The first may still strike one that was killed; and far enough apart to strike two tasks.
    server.addFaults(
      { call: 'part', nth: parts + 1, times: 8, kind: 'status', status: 503 },
      { call: 'part', nth: parts + 30, kind: 'hang', when: 'answer', work: false },
    );
    server.release('parts');

    await until('the end of the job', 600, async () =>
      (await tasksOf(job, stage)).every(({ state }) => state === 'COMPLETED'),
    );
    const restarts = (await tasksOf(job, stage)).map((task) => task.restarts).toSorted();
    const log = await succeed(['bash', '-c', 'cat slurm-*.out'], stage);
    for (const reason of ['503', ' stopped: '])
      if (!log.includes(reason)) throw new Error(`no ${reason} in:\n${log}`);
    return `${killed} of ${TASKS} tasks killed, one refused, one at its time limit; requeued ${restarts.join(', ')} times`;
  } finally {
    await stop(daemons);
  }
}

async function tasksOf(job: string, stage: Stage) {
  const text = await succeed(['scontrol', 'show', 'job', '--oneliner', job], stage);
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1] ?? '';
      const [state, restarts] = [field('JobState'), Number(field('Restarts'))];
      return { state, restarts };
    });
}

async function startCluster({ folder, env }: Stage): Promise<readonly ChildProcess[]> {
  const at = (name: string) => join(folder, 'slurm', name);
  for (const name of ['', 'state', 'spool']) await mkdir(at(name));
  await writeFile(at('key'), randomBytes(128), { mode: 0o600 });
  const [controlPort, nodePort] = await freePorts();
  const user = userInfo().username;
  const host = hostname().replace(/\..*/, '');
  await writeFile(
    at('slurm.conf'),
    `ClusterName=one
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controlPort}
SlurmdPort=${nodePort}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
# How long Slurm waits before it runs a requeued job.
AuthInfo=socket=${at('socket')},cred_expire=5
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${TASKS * 2}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  // Newer versions start no node where they have no cgroups, even if nothing asks for one.
  const version = /\d+\.\d+/.exec(await succeed(['/usr/sbin/slurmd', '-V'], { folder, env }))?.[0];
  if (Number(version) >= 24.05) await writeFile(at('cgroup.conf'), 'CgroupPlugin=disabled\n');
  const munged = [
    ...['/usr/sbin/munged', '--foreground', '--force'],
    ...['--key-file', at('key'), '--socket', at('socket'), '--seed-file', at('seed')],
    ...['--pid-file', at('munged.pid'), '--log-file', at('munged.log')],
  ];
  const commands = [munged, ['/usr/sbin/slurmctld', '-D', '-c'], ['/usr/sbin/slurmd', '-D', '-c']];

  return commands.map(([command = '', ...args]) => {
    const child = spawn(command, args, { cwd: at(''), env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => appendFileSync(at('log'), text));
    return child;
  });
}

/** The node first, so that the others do not miss it. */
async function stop(daemons: readonly ChildProcess[]): Promise<void> {
  for (const daemon of daemons.toReversed()) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
    daemon.kill('SIGTERM');
    await once(daemon, 'close');
  }
}

/** Slurm takes no 0 for any free one. */
async function freePorts(): Promise<readonly number[]> {
  const servers = [0, 1].map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
