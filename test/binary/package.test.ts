import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { writeBatchFile } from '../demo/write-batch-file.ts';
import { test } from '../helpers/fixtures.ts';
import { ROOT, readDocument } from '../helpers/markdown.ts';
import { packInto, runProgram } from '../helpers/packed.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../helpers/temporary.ts';

const place = await makeTemporaryFolder('openai-upload-package-');
afterAll(() => removeTemporaryFolder(place));
const packed = await packInto(place, ROOT);
const paths = packed.files.map(({ path }) => path);

// What is downloaded once is kept for the other installations, and for none outside this test.
const npm = { ...process.env, npm_config_cache: join(place, 'cache'), npm_config_prefer_offline: 'true' };
const project = await emptyProject('project');
const installed = await runProgram('npm', ['install', packed.tarball], { cwd: project, env: npm });
/** At home one may be without a registry; in CI what the tests below look at has to be looked at. */
const isWithoutRegistry =
  !process.env.CI && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(installed.stderr);

describe('the package', () => {
  test('is under 1.5 MB, and holds what is used alone', () => {
    const known = [
      /^(package\.json|README\.md|LICENSE)$/,
      /^dist\/bin\/([\w-]+\.js|package\.json|licenses\.txt)$/,
      /^dist\/src\/[\w/-]+\.(js|d\.ts)$/,
      /^dist\/man\/openai-upload\.1$/,
    ];

    expect(packed.unpackedSize).toBeLessThan(1_500_000);
    expect(paths.filter((path) => !known.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(paths.filter((path) => /^dist\/src\/(cli|ui|config)\//.test(path))).toEqual([]);
    // Nothing imports them: they are started by their addresses.
    expect(paths).toContain('dist/src/checksum/worker.js');
    expect(paths).toContain('dist/src/sessions/read-files-worker.js');
  });

  test('runs nothing when it is installed', async () => {
    const { scripts } = JSON.parse(await readDocument('package.json'));

    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
    expect(installed.stderr).not.toContain('install-scripts');
  });

  test('comes with the licences of what is packed into its command line', async () => {
    const text = await readFile(join(ROOT, 'dist/bin/licenses.txt'), 'utf8');
    const { dependencies } = JSON.parse(await readDocument('package.json'));

    const bundled = ['commander', 'chalk', 'cli-progress', 'fastest-levenshtein'];
    for (const name of [...Object.keys(dependencies), ...bundled]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+: .*Copyright`, 'm'));
    }
    expect(text).toContain('Permission is hereby granted');
  });
});

describe.skipIf(isWithoutRegistry)('installed from its tarball', () => {
  test('in an empty folder is a library that uploads', async ({ folder, server, cli }) => {
    expect(installed).toMatchObject({ code: 0 });
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    await writeFile(
      join(project, 'push.js'),
      `import { push } from 'openai-upload';\nconsole.log((await push(process.argv[2], { purpose: 'batch' })).fileId);\n`,
    );

    const args = ['push.js', join(folder, 'big.jsonl')];
    const { code, stdout } = await runProgram(process.execPath, args, { cwd: project, env: cli.env });

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${server.files()[0]?.id}\n` });
  });

  test('has types for every export, that hold with every check there is', async () => {
    const { values, types } = await exportsOf();
    await writeFile(join(project, 'every-export.ts'), programWith(values, types));
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      types: [],
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      noEmit: true,
    };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['every-export.ts'] }),
    );

    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', project], {
      cwd: project,
      env: process.env,
    });

    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(values.length).toBeGreaterThan(10);
    expect(types.length).toBeGreaterThan(30);
  });

  test('explains every export, and exports every type that an export names', async () => {
    const { values, types } = await exportsOf();
    const exported = new Set([...values, ...types]);
    const declared = (await declarationsOf()).filter(({ name }) => exported.has(name));
    const isOfJavaScript = (name: string) => name in globalThis || OF_TYPESCRIPT.includes(name);

    expect(new Set(declared.map(({ name }) => name))).toEqual(exported);
    expect(declared.filter(({ comment }) => comment.length < 20).map(({ name }) => name)).toEqual([]);
    expect(
      declared.flatMap(({ uses }) => uses.filter((name) => !exported.has(name) && !isOfJavaScript(name))),
    ).toEqual([]);
  });

  test('globally is a command with a manual, and uploads', async ({ folder, server, cli }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    const prefix = join(place, 'global');
    const args = ['install', '--global', '--prefix', prefix, packed.tarball];
    expect(await runProgram('npm', args, { cwd: place, env: npm })).toMatchObject({ code: 0 });

    const isWindows = process.platform === 'win32';
    const command = isWindows ? join(prefix, 'openai-upload.cmd') : join(prefix, 'bin/openai-upload');
    const env = { ...process.env, ...cli.env };
    const { code, stdout } = await runProgram(command, ['push', 'big.jsonl', '--purpose', 'batch'], {
      cwd: folder,
      env,
    });

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${server.files()[0]?.id}\n` });
    if (!isWindows) expect(existsSync(join(prefix, 'share/man/man1/openai-upload.1'))).toBe(true);
  });

  test('with `npx` uploads', async ({ folder, server, cli }) => {
    await writeBatchFile(join(folder, 'big.jsonl'), 5000);
    const args = [
      '--yes',
      '--package',
      packed.tarball,
      'openai-upload',
      'push',
      'big.jsonl',
      '--purpose',
      'batch',
    ];

    const { code, stdout } = await runProgram('npx', args, { cwd: folder, env: { ...npm, ...cli.env } });

    expect({ code, stdout }).toEqual({ code: 0, stdout: `${server.files()[0]?.id}\n` });
  });
});

async function emptyProject(name: string): Promise<string> {
  const folder = join(place, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  return folder;
}

/** The names that the package exports, as its declarations say. */
async function exportsOf(): Promise<{ values: readonly string[]; types: readonly string[] }> {
  const declarations = await readFile(
    join(project, 'node_modules/openai-upload/dist/src/index.d.ts'),
    'utf8',
  );
  const values = Object.keys(await import(join(ROOT, 'dist/src/index.js')));
  const named = [...declarations.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(
    ([, isType, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (isType || name.startsWith('type ')))
        .map((name) => name.replace('type ', '')),
  );
  return { values, types: named };
}

/** Types of the language that are not there when a program runs. */
const OF_TYPESCRIPT = [
  'AsyncGenerator',
  'AsyncIterable',
  'Exclude',
  'Iterable',
  'Omit',
  'Partial',
  'Pick',
  'Readonly',
  'Record',
];

interface Declaration {
  readonly name: string;
  /** What is said about it, without its errors. */
  readonly comment: string;
  /** The types that its code names. */
  readonly uses: readonly string[];
}

/** All that the declarations in the package export, which are as the compiler writes them. */
async function declarationsOf(): Promise<readonly Declaration[]> {
  const ofTypes = paths.filter((path) => path.endsWith('.d.ts'));
  const texts = await Promise.all(ofTypes.map((path) => readFile(join(ROOT, path), 'utf8')));
  const start =
    /^(?:\/\*\*((?:(?!\*\/).)*)\*\/\n)?export (?:declare )?(?:function|class|const|interface|type) (\w+)/gms;

  return texts.flatMap((text) => {
    const found = [...text.matchAll(start)];
    return found.map(({ index, 0: head, 1: comment = '', 2: name = '' }, position) => {
      const rest = text.slice(index + head.length, found[position + 1]?.index);
      const code = rest.split(/^(?:\/\*\*|interface|type|declare) /m)[0] ?? rest;
      return { name, comment: comment.replace(/@throws.*/s, '').trim(), uses: typesNamedIn(code) };
    });
  });
}

function typesNamedIn(code: string): readonly string[] {
  const withoutWords = code.replaceAll(/\/\*\*.*?\*\/|'[^']*'|"[^"]*"/gs, '');
  const parameters = [...withoutWords.matchAll(/[<,]\s*(\w+) (?:extends|=) /g)].map(([, name]) => name);
  const names = withoutWords.match(/\b[A-Z]\w*[a-z]\w*\b/g) ?? [];
  return names.filter((name) => !parameters.includes(name));
}

function programWith(values: readonly string[], types: readonly string[]): string {
  return `import { ${[...values, ...types.map((name) => `type ${name}`)].join(', ')} } from 'openai-upload';

export const every = { ${values.join(', ')} };
export type Every = [${types.join(', ')}];

const stop = new AbortController();
const onEvent: OnEvent = (event) => {
  if (event.type === 'progress') console.log(event.acknowledgedBytes / event.totalBytes);
};
const options: PushOptions = { purpose: 'batch', concurrency: 4, signal: stop.signal, onEvent };
try {
  const result: UploadResult = await push('big.jsonl', options);
  const id: string = result.fileId;
  console.log(id);
} catch (error) {
  if (!isUploadError(error)) throw error;
  const code: UploadErrorCode = error.code;
  if (code === 'network' && error.uploadId !== undefined) await resume(error.uploadId);
}
// @ts-expect-error: a push has to say what the file is for.
await push('big.jsonl', {});
// @ts-expect-error: there is no such code.
const wrong: UploadErrorCode = 'no_such_code';
console.log(wrong);
`;
}
