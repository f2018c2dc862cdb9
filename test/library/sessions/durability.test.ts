import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../../helpers/lacks.ts';
import { recordOf } from '../../helpers/record.ts';
import { noPatience, sessionsIn } from '../../helpers/sessions.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

const HELPERS = new URL('../../helpers/', import.meta.url).href;
/** What the record of this many bytes needs is more than the limit below. */
const LARGE = 'x'.repeat(60_000);
const LIMIT_KIB = 20;

/** Runs code in a process of its own, in which `sessions` are those of the directory. */
function inProcess(code: string, { directory, prefix = [] }: { directory: string; prefix?: string[] }) {
  const script = `
    const { sessionsIn, noPatience } = await import('${HELPERS}sessions.ts');
    const { recordOf } = await import('${HELPERS}record.ts');
    const sessions = sessionsIn(${JSON.stringify(directory)});
    ${code}
    process.exit();`;
  const [program = '', ...args] = [...prefix, process.execPath];
  return spawnSync(program, [...args, '--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    cwd: dirname(import.meta.filename),
  });
}

describe('a record', () => {
  it.skipIf(lacks('openfiles'))(
    'is replaced and never written in place, whatever the environment says',
    async () => {
      const directory = join(await temporaryFolder(), 'state');
      const session = await sessionsIn(directory).create(recordOf(), noPatience);
      const before = readFileSync(session.path, 'utf8');
      const reader = openSync(session.path, 'r');
      process.env.SNAP = '/snap/node/1';
      onTestFinished(() => {
        delete process.env.SNAP;
        closeSync(reader);
      });

      await session.update({ filename: 'other' });

      expect(readFileSync(reader, 'utf8')).toBe(before);
      expect(JSON.parse(readFileSync(session.path, 'utf8'))).toMatchObject({ filename: 'other' });
    },
  );

  it('is plain JSON, which the programs before this one read too', async () => {
    const directory = join(await temporaryFolder(), 'state');
    const session = await sessionsIn(directory).create(recordOf(), noPatience);
    expect(await readFile(session.path, 'utf8')).toBe(JSON.stringify(recordOf()));
  });

  it.skipIf(lacks('linux'))('stays as it was when only a part of the new one fits', async () => {
    const directory = join(await temporaryFolder(), 'state');
    const session = await sessionsIn(directory).create(recordOf(), noPatience);
    await session.release();
    const before = await readFile(session.path, 'utf8');

    const { stdout } = inProcess(
      `const session = await sessions.open('upload_1', noPatience);
       const failure = await session.update({ filename: ${JSON.stringify(LARGE)} }).catch((error) => error);
       console.log(failure?.code, session.record.filename.length);`,
      { directory, prefix: ['bash', '-c', `ulimit -f ${LIMIT_KIB}; "$0" "$@"`] },
    );

    expect(stdout).toBe('session_unwritable 7\n');
    expect(await readFile(session.path, 'utf8')).toBe(before);
    expect((await readdir(directory)).filter((name) => name.startsWith('upload_1.json'))).toEqual([
      'upload_1.json',
    ]);
  });
});

describe.runIf(mayTrace())('a power cut', () => {
  it('undoes nothing that was saved: each file and each new directory is synced where it is named', async () => {
    const parent = await temporaryFolder();
    const directory = join(parent, 'deep', 'state');
    const trace = join(parent, 'trace');

    const { stderr, status } = inProcess(
      `const content = { md5: '0'.repeat(32), bytes: 5, purpose: 'batch', baseUrl: 'b', organization: null, project: null };
       const { mkdirSync } = await import('node:fs');
       const step = () => { try { mkdirSync('${STEP}'); } catch {} };
       const session = await sessions.create(recordOf(), noPatience);
       step();
       await sessions.ledger.write({ ...content, uploadId: 'upload_1', file: { id: 'file-1' } });
       step();
       const spool = await sessions.spools.create();
       await spool.write(Buffer.from('a'));
       await spool.finish();
       step();
       sessions.spools.keep(spool.name);
       step();
       await session.update({ filename: 'other' });
       step();
       process.kill(process.pid, 'SIGKILL');`,
      { directory, prefix: ['strace', '-f', '-y', '-qq', '-o', trace, '-e', `trace=${CALLS}`] },
    );
    expect([stderr, status]).toEqual(['', null]);

    const calls = await readFile(trace, 'utf8');
    expect(calls.split(STEP)).toHaveLength(6);
    expect(unsyncedIn(calls, parent)).toEqual([]);
  });
});

/** Cannot be created, so that a trace shows where the process was. */
const STEP = '/proc/step';
const CALLS = 'openat,mkdir,rename,fsync,fdatasync';

/**
 * The directories that were not synced after a name in them was made or changed, by the end of that
 * step, and the files that were renamed before they were synced. Locks need not survive a power cut.
 */
function unsyncedIn(trace: string, parent: string): readonly string[] {
  const dirty = new Set<string>();
  const synced = new Set<string>();
  const unsynced: string[] = [];
  const isSaved = (path: string) => path.startsWith(parent) && !path.includes('.lock');

  for (const line of trace.split('\n')) {
    if (line.includes(STEP)) unsynced.push(...dirty);
    if (line.includes(' = -1 ')) continue;

    const made = /mkdir\("([^"]+)"/.exec(line)?.[1] ?? /openat\(.*"([^"]+)", \S*O_EXCL/.exec(line)?.[1];
    if (made !== undefined && isSaved(made)) dirty.add(dirname(made));

    const [, from = '', to = ''] = /rename\("([^"]+)", "([^"]+)"/.exec(line) ?? [];
    if (isSaved(from)) {
      if (!synced.has(from)) unsynced.push(from);
      dirty.add(dirname(to));
    }

    const file = /f(?:data)?sync\(\d+<([^>]+)>/.exec(line)?.[1];
    if (file !== undefined) {
      synced.add(file);
      dirty.delete(file);
    }
  }

  return unsynced;
}

function mayTrace(): boolean {
  try {
    return execFileSync('strace', ['-qq', '-o', '/dev/null', 'true']).length === 0;
  } catch {
    return false;
  }
}

describe('a state directory', () => {
  it.skipIf(lacks('linux'))('that cannot be created is an error, without an endless search', async () => {
    const { stdout, signal } = inProcess(
      `console.log((await sessions.create(recordOf(), noPatience).catch((error) => error)).code);`,
      { directory: '/proc/no-such/state', prefix: ['timeout', '-s', 'KILL', '30'] },
    );
    expect([signal, stdout]).toEqual([null, 'session_unwritable\n']);
  });

  it.skipIf(lacks('links'))('is what a link to a directory leads to', async () => {
    const parent = await temporaryFolder();
    await mkdir(join(parent, 'real'));
    execFileSync('ln', ['-s', 'real', join(parent, 'state')]);
    await sessionsIn(join(parent, 'state')).create(recordOf(), noPatience);
    expect(await readdir(join(parent, 'real'))).toContain('upload_1.json');
  });

  it('is none when a file is in its place', async () => {
    const directory = join(await temporaryFolder(), 'state');
    await writeFile(directory, '');
    const failure = await sessionsIn(directory)
      .create(recordOf(), noPatience)
      .catch((error) => error);
    expect(failure).toMatchObject({
      code: 'session_unwritable',
      message: expect.stringContaining(directory),
    });
  });
});
