import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import type { Command } from 'commander';
import { lexer } from 'marked';
import { describe, expect, test } from 'vitest';
import { exitCodeOf, SIGNAL_EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { detailsJson, outcomeJson, pruneJson, sessionJson } from '../../src/cli/render/outcome-json.ts';
import * as library from '../../src/index.ts';
import { type PushPlan, UploadError, type UploadErrorCode, type UploadResult } from '../../src/index.ts';
import { checkResultOf, issueOf } from '../helpers/events.ts';
import {
  anchors,
  codeBlocks,
  codeSpans,
  isTable,
  ROOT,
  readDocument,
  relativeLinks,
  tableRows,
} from '../helpers/markdown.ts';
import { savedSessionOf, sessionDetailsOf } from '../helpers/saved-session.ts';
import { wholeProgram } from '../helpers/whole-program.ts';

const documents = [
  'README.md',
  ...(await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const texts = new Map(
  await Promise.all(documents.map(async (path) => [path, await readDocument(path)] as const)),
);
const text = (path: string) => texts.get(path) ?? '';

const errorsSource = await readFile(join(ROOT, 'src/model/errors.ts'), 'utf8');
const errorCodes = [...errorsSource.matchAll(/^ {2}\| '(\w+)'/gm)].map(
  (match) => match[1] as UploadErrorCode,
);

describe('the documents', () => {
  test('are all linked from the README', () => {
    const linked = relativeLinks(text('README.md'))
      .map((target) => target.replace(/#.*/, ''))
      .filter((target) => /^docs\/.*\.md$/.test(target));

    expect([...new Set(linked)].sort()).toEqual(documents.filter((path) => path !== 'README.md').sort());
  });

  test.each(documents)('%s has no link that leads nowhere', (path) => {
    const dead = relativeLinks(text(path)).filter((target) => {
      const [file = '', anchor] = target.split('#');
      const to = file === '' ? path : join(dirname(path), file);
      return !existsSync(join(ROOT, to)) || (anchor !== undefined && !anchors(text(to)).includes(anchor));
    });

    expect(dead).toEqual([]);
  });

  test.each(documents)('%s speaks of no particular machine', (path) => {
    expect(text(path)).not.toMatch(/\/(work|root|tmp|home|Users)\/|\.\.\/shared|\bworktree\b|\bissue #?\d/);
  });

  test.each(documents)('%s names no file of the repository that is not there', (path) => {
    const named = codeSpans(text(path)).filter((code) => /^(src|test|docs|bin|\.ci)\/[\w./-]+$/.test(code));

    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const tree = treeOf(
    codeBlocks(text('docs/architecture.md')).find(({ heading }) => heading === 'The tree')?.text,
  );

  test('shows nothing that is not there', () => {
    expect(tree.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test.each(['src', 'test'])('shows all of %s', async (folder) => {
    const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
    const wanted = entries
      .filter((entry) => entry.isDirectory() || folder === 'src')
      .map((entry) => `${folder}/${entry.name}${entry.isDirectory() ? '/' : ''}`);

    expect(tree).toEqual(expect.arrayContaining(wanted));
  });

  test('lists the documents', () => {
    const line = /^docs\/ +(.*)$/m.exec(text('docs/architecture.md'))?.[1] ?? '';

    expect(line.split(', ').map((name) => `docs/${name}.md`)).toEqual(
      documents.filter((path) => path !== 'README.md').sort(),
    );
  });
});

const program = await wholeProgram();

describe('docs/cli.md', () => {
  const commands = program.createHelp().visibleCommands(program);

  test('names every command, and no other', () => {
    const named = tableRows(text('docs/cli.md'), 'command').map(([usage]) => usage?.replace(/[`]|\s.*/g, ''));

    expect(named).toEqual(commands.map((command) => command.name()));
  });

  test.each(commands.map((command) => [command.name(), command] as const))(
    'lists the flags of %s, and no other',
    (name, command) => {
      expect(flagsDocumentedFor(name).toSorted()).toEqual(flagsOf(command).sort());
    },
  );

  test('speaks of no flag that does not exist', () => {
    const all = new Set(commands.flatMap(flagsOf));
    const named = [...text('docs/cli.md').matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map(([flag]) => flag);

    expect(named.filter((flag) => !all.has(flag))).toEqual([]);
  });

  test('names every variable of the environment that is read', async () => {
    const files = await readdir(join(ROOT, 'src'), { recursive: true });
    const sources = files
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFile(join(ROOT, 'src', path), 'utf8'));
    const read = [...(await Promise.all(sources)).join('\n').matchAll(/\benv\.([A-Z]\w+)/g)].map(
      ([, name]) => name ?? '',
    );
    const named = tableRows(text('docs/cli.md'), 'variable').flatMap(([names]) => names?.match(/[A-Z]\w+/g));

    expect(read.length).toBeGreaterThan(10);
    expect(read.filter((name) => !named.includes(name))).toEqual([]);
  });

  test('shows the fields of --json as they are', () => {
    const shown = codeBlocks(text('docs/cli.md'))
      .filter(({ language }) => language === 'json')
      .flatMap((block) => block.text.trim().split('\n'))
      .map((line) => JSON.parse(line));
    const error = new UploadError('network', { message: '' });
    const real = [
      outcomeJson({ status: 'completed', result: {} as UploadResult }, null),
      outcomeJson(
        { status: 'cancelled', result: { uploadId: '', status: 'cancelled', wasOpen: true } },
        null,
      ),
      outcomeJson({ status: 'planned', result: {} as PushPlan }, null),
      outcomeJson({ status: 'checked', result: checkResultOf({ warnings: [issueOf()] }) }, null),
      outcomeJson({ status: 'failed', subject: { path: '' }, error }, null),
      sessionJson(savedSessionOf()),
      detailsJson(sessionDetailsOf(), null),
      pruneJson('forgotten', savedSessionOf(), null),
    ];

    expect(shown.map((object) => Object.keys(object))).toEqual(real.map((object) => Object.keys(object)));
    const errorsOf = (objects: readonly Record<string, unknown>[]) =>
      objects.flatMap((object) => (object.error ? [Object.keys(object.error)] : []));
    expect(errorsOf(shown)).toEqual(errorsOf(real));
    expect(errorsOf(real)).toHaveLength(1);
    const issuesOf = (objects: readonly Record<string, unknown>[]) =>
      objects.flatMap(({ warnings = [] }) => (warnings as object[]).map((issue) => Object.keys(issue)));
    expect(issuesOf(shown)).toEqual(issuesOf(real));
    expect(issuesOf(real)).toHaveLength(1);
  });
});

describe('docs/library.md', () => {
  test('speaks of everything that the package exports and that can be called or read', () => {
    const isNamed = (name: string) => new RegExp(`\\b${name}\\b`).test(text('docs/library.md'));

    expect(Object.keys(library).filter((name) => !isNamed(name))).toEqual([]);
  });
});

describe('docs/preflight.md', () => {
  test('lists every issue, and no other', async () => {
    const source = await readFile(join(ROOT, 'src/model/issue.ts'), 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => `\`${code}\``);

    const documented = tableRows(text('docs/preflight.md'), 'issue').map(([code]) => code);

    expect(codes.length).toBeGreaterThan(10);
    expect(documented).toEqual(codes);
  });
});

describe('the exit codes', () => {
  const real = [0, 1, ...Object.values(SIGNAL_EXIT_CODES), ...errorCodes.map((code) => exitCodeOf(code))];

  test('are all in docs/cli.md, and no other', () => {
    const documented = tableRows(text('docs/cli.md'), 'code', 'meaning').flatMap(([codes]) =>
      codes?.split(', ').map(Number),
    );

    expect(documented).toEqual([...new Set(real)].sort((a, b) => a - b));
  });

  test('stand in docs/library.md beside every error code', () => {
    const documented = tableRows(text('docs/library.md'), 'code', 'exit code').map(([code, exit]) => [
      code,
      exit,
    ]);

    expect(documented.sort()).toEqual(
      errorCodes.map((code) => [`\`${code}\``, `${exitCodeOf(code)}`]).sort(),
    );
  });
});

/** The paths of a tree that is drawn by indentation; folders end in a slash. */
function treeOf(drawing = ''): readonly string[] {
  const paths: string[] = [];
  let parent = '';
  for (const line of drawing.split('\n')) {
    const [, indent = '', name] = /^( *)([\w.-]+\/?)/.exec(line) ?? [];
    if (name === undefined) continue;
    if (indent === '') parent = name;
    paths.push(indent === '' ? name : parent + name);
  }
  return paths;
}

function flagsOf(command: Command): string[] {
  // Also those that a help leaves out because the command takes them, but has no use for them.
  return [...new Set([...command.createHelp().visibleOptions(command), ...command.options])]
    .flatMap(({ short, long }) => [short, long])
    .filter((flag) => flag !== undefined);
}

/** From the tables that stand under "Every command:" and under the names of commands. */
function flagsDocumentedFor(command: string): readonly string[] {
  const flags: string[] = [];
  let isOf = false;
  for (const token of lexer(text('docs/cli.md'))) {
    if (token.type === 'heading') isOf = false;
    if (token.type === 'paragraph' && token.text.endsWith(':'))
      isOf = token.text === 'Every command:' || token.text.includes(`\`${command}\``);
    if (isTable(token) && isOf)
      flags.push(...token.rows.flatMap(([cell]) => cell?.text.match(/(?<=`)--?[\w-]+/g) ?? []));
  }
  return flags;
}
