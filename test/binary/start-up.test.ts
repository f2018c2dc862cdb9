import {
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join, sep } from 'node:path';
import otherTypes from 'mime/types/other.js';
import standardTypes from 'mime/types/standard.js';
import { describe, expect } from 'vitest';
import { mimeTypeOf } from '../../src/preflight/mime-type.ts';
import { test } from '../helpers/fixtures.ts';
import { lacks } from '../helpers/lacks.ts';
import { TAKES_HOOKS } from '../helpers/run-cli.ts';
import { runMain } from '../helpers/run-main.ts';

const OURS = ['openai-upload', 'compiled'];

const NOBODY = 65_534;
/** Only root can give a file away. */
const OF_ANOTHER = ['is of another user', (path: string) => chown(path, NOBODY, NOBODY)] as const;
const LINKED = [
  'is a link',
  (path: string) => rename(path, `${path}.moved`).then(() => symlink(`${path}.moved`, path)),
] as const;

/** An executable has its compiled code inside. */
describe.skipIf(!TAKES_HOOKS)('compiled code', () => {
  test.for(['NODE_COMPILE_CACHE', ...(lacks('linux') ? [] : ['XDG_CACHE_HOME'])])(
    'is kept where %s says',
    async (name, { cli, folder }) => {
      const cache = join(folder, 'cache');

      expect((await cli.run(['list'], { NODE_COMPILE_CACHE: '', [name]: cache })).code).toBe(0);

      const [place = '', file] = (await keptIn(cache)).flatMap((path) => path.split(sep));
      expect(place).toMatch(/^[0-9a-f]{16}-\w+-/);
      expect([place.includes(`-${process.versions.node}`), file]).toEqual([true, 'list']);
    },
  );

  test('is taken by every later run of the command, under the flags of a push too', async ({
    cli,
    folder,
  }) => {
    const source = join(folder, 'a.txt');
    await writeFile(source, 'some words');
    const env = { NODE_COMPILE_CACHE: join(folder, 'cache') };
    const push = () => cli.run(['push', source, '--purpose', 'user_data'], env);

    expect((await push()).code).toBe(0);
    const before = await stampOf(env.NODE_COMPILE_CACHE);
    expect((await push()).code).toBe(0);

    // Code that is refused, or lacks a file, is replaced.
    expect(await stampOf(env.NODE_COMPILE_CACHE)).toEqual(before);
  });

  test.for<readonly [string, (path: string) => Promise<unknown>]>([
    ['is cut', (path) => truncate(path, 1000)],
    ['is empty', (path) => truncate(path, 0)],
    ['has another byte', changeLastByte],
    ['is no compiled code', (path) => writeFile(path, '{"files":[["main.js",0]]}\n')],
    ...(lacks('links') ? [] : [LINKED]),
    ...(process.getuid?.() === 0 ? [OF_ANOTHER] : []),
  ])('is replaced when it %s', async ([, spoil], { cli, folder }) => {
    const env = { NODE_COMPILE_CACHE: join(folder, 'cache') };
    await cli.run(['list'], env);
    const [name = ''] = await keptIn(env.NODE_COMPILE_CACHE);
    const path = join(env.NODE_COMPILE_CACHE, ...OURS, name);
    const { size } = await stat(path);
    await spoil(path);
    const { ino } = await lstat(path);

    expect(await cli.run(['list'], env)).toMatchObject({ code: 0, stderr: '' });

    // A rename has put another file in its place.
    const found = await lstat(path);
    expect(found.isFile() && found.ino !== ino).toBe(true);
    expect(found.size).toBeGreaterThan(size / 2);
  });

  test('that is old goes when other code is kept, and nothing that is not ours', async ({ cli, folder }) => {
    const cache = join(folder, 'cache');
    const [old, young, letters] = ['0123456789abcdef-x64-1a', '0123456789abcdef-x64-2b', 'letters'];
    for (const [name, days] of [
      [old, 31],
      [young, 29],
      [letters, 31],
    ] as const) {
      const path = join(cache, ...OURS, name);
      const at = Date.now() / 1000 - days * 86_400;
      await mkdir(path, { recursive: true });
      await utimes(path, at, at);
    }

    await cli.run(['list'], { NODE_COMPILE_CACHE: cache });

    const names = await readdir(join(cache, ...OURS));
    expect(names).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining([young, letters]));
  });

  test.for([
    [{ CI: 'true' }, ['list']],
    [{ NODE_DISABLE_COMPILE_CACHE: '1' }, ['list']],
    [{}, ['status', 'upload_unknown']],
  ] as const)('is not kept with %o by %o', async ([env, args], { cli, folder }) => {
    const cache = join(folder, 'cache');

    const plain = await cli.run(args, { CI: 'true' });
    expect(await cli.run(args, { NODE_COMPILE_CACHE: cache, ...env })).toEqual(plain);

    expect(await keptIn(cache)).toEqual([]);
  });

  test.for([
    ['below a file', (folder: string) => join(folder, 'file', 'cache')],
    ['where no folder can be made', () => '/proc/none'],
  ] as const)('is done without %s', async ([where, placeIn], { cli, folder, skip }) => {
    const isEndless = Number.parseInt(process.versions.node, 10) >= 22 && where.startsWith('where');
    skip(isEndless, 'Node tries to make that folder for ever, before it runs anything');
    await writeFile(join(folder, 'file'), '');

    const { code, stderr } = await cli.run(['list'], { NODE_COMPILE_CACHE: placeIn(folder) });

    expect([code, stderr]).toEqual([0, '']);
  });
});

test.for([
  ['help', '-h', '--help'],
  ['version', '-V', '--version'],
] as const)('the %s is what the commands declare', async ([, ...flags], { cli }) => {
  const { stdout } = await runMain([flags[1]]);

  for (const flag of flags) {
    expect(await cli.run([flag])).toMatchObject({ code: 0, stdout, stderr: '' });
  }
});

test('the types of all endings are those of the package, which is not in the bundle', async ({
  cli,
  folder,
}) => {
  const tables: readonly Readonly<Record<string, readonly string[]>>[] = [standardTypes, otherTypes];
  const endings = tables.flatMap((table) => Object.values(table).flat()).map((each) => each.replace('*', ''));
  // A tenth of the thousand is enough.
  const some = [...new Set(endings)].filter((_, index) => index % 10 === 0);
  const names = some.map((ending) => `a.${ending}`);
  const others = ['png', 'README', '.png', 'b.PNG', 'a.unknown', 'a.b.png', 'a.png x'];
  await mkdir(join(folder, 'in'));
  for (const name of [...names, ...others]) await writeFile(join(folder, 'in', name), 'some words');

  const { stdout } = await cli.run([
    'push',
    'in',
    '--recursive',
    '--hidden',
    '--purpose',
    'user_data',
    '--dry-run',
    '--json',
  ]);

  const planned = stdout.split('\n').filter((line) => line.includes('mime_type'));
  const found = planned.map((line) => JSON.parse(line)).map((plan) => [plan.filename, plan.mime_type]);
  expect(found).toHaveLength(names.length + others.length);
  for (const [name, type] of found) expect([name, type]).toEqual([name, await mimeTypeOf(name)]);
});

test.skipIf(!TAKES_HOOKS)(
  'list does without the modules of Node that load slowly',
  async ({ cli, folder }) => {
    const hook = join(folder, 'hook.cjs');
    await writeFile(hook, "process.on('exit', () => console.log(process.moduleLoadList.join('\\n')));\n");

    const env = { NODE_COMPILE_CACHE: join(folder, 'cache'), NODE_OPTIONS: `--require=${hook}` };
    const list = () => cli.run(['list'], env);
    // The first run under these flags keeps its compiled code.
    await list();
    const { stdout } = await list();

    const slow = 'child_process crypto fs/promises http net stream tty v8 worker_threads zlib'.split(' ');
    const loaded = stdout.split('\n').map((line) => line.replace('NativeModule ', ''));
    expect(slow.filter((name) => loaded.includes(name))).toEqual([]);
  },
);

/** Returns the files of compiled code, by their paths in our part of the cache directory. */
async function keptIn(cache: string): Promise<readonly string[]> {
  const names = await readdir(join(cache, ...OURS), { recursive: true }).catch(() => []);
  return names.filter((name) => name.includes(sep));
}

async function stampOf(cache: string) {
  const [name = ''] = await keptIn(cache);
  const { ino, mtimeMs } = await stat(join(cache, ...OURS, name));
  return { name, ino, mtimeMs };
}

async function changeLastByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
}
