import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  circleAmong,
  filesImportedBy,
  type ImportTable,
  importsOf,
  type PackageOwners,
  unitOf,
  violationsOf,
  withoutComments,
} from '../helpers/import-rules.ts';

/** What the work on saved sessions and files shares with uploads: it needs no key and no network. */
const FROM_UPLOAD = [
  'src/upload/upload-spec.ts',
  'src/upload/find-resumable.ts',
  'src/upload/preflight-gate.ts',
  'src/upload/context.ts',
  'src/upload/read-session.ts',
  'src/upload/caller-error.ts',
];

/** Who may import whom. `type` before a name: its types only. docs/architecture.md shows the same in words. */
const TABLE: ImportTable = [
  { who: ['bin'], may: ['src/cli'] },
  { who: ['src/cli'], may: ['src/cli/config', 'src/index.ts', 'src/options', 'src/ui', 'src/model'] },
  {
    who: ['src/cli/config'],
    may: [
      'src/cli',
      'src/index.ts',
      'src/options',
      'src/ui',
      'src/model',
      'src/lock/lock-file.ts',
      'src/sessions/saved-file.ts',
    ],
  },
  { who: ['src/ui'], may: ['src/model'] },
  {
    who: ['src/index.ts'],
    may: [
      'src/upload',
      'src/local',
      'src/split',
      'src/folder',
      'src/job',
      'src/doctor',
      'src/options',
      'src/model',
    ],
  },
  { who: ['src/doctor'], may: ['src/upload', 'src/api', 'src/sessions', 'src/options', 'src/model'] },
  { who: ['src/job'], may: ['src/upload', 'src/sessions', 'src/source', 'src/options', 'src/model'] },
  {
    who: ['src/split'],
    may: [
      'src/job',
      'src/upload',
      'src/local',
      'src/preflight',
      'src/sessions',
      'src/source',
      'src/checksum',
      'src/plan',
      'src/options',
      'src/model',
    ],
  },
  { who: ['src/folder'], may: ['src/upload', 'src/preflight', 'src/model'] },
  {
    who: ['src/local'],
    may: [
      ...FROM_UPLOAD,
      'src/job/unrecorded.ts',
      'src/sessions',
      'src/preflight',
      'src/source',
      'src/plan',
      'src/options',
      'src/model',
    ],
  },
  {
    who: ['src/upload'],
    may: [
      'src/api',
      'src/transfer',
      'src/sessions',
      'src/preflight',
      'src/source',
      'src/checksum',
      'src/plan',
      'src/options',
      'src/model',
    ],
  },
  { who: ['src/sessions'], may: ['src/lock', 'src/plan', 'src/model'] },
  { who: ['src/transfer', 'src/source', 'src/checksum'], may: ['src/plan', 'src/model'] },
  { who: ['src/options'], may: ['src/plan', 'src/model', 'src/api/connection.ts'] },
  { who: ['src/api', 'src/preflight', 'src/lock'], may: ['src/model'] },
  { who: ['src/plan', 'src/model'], may: ['type src/model'] },
];

const OWNERS: PackageOwners = {
  undici: ['src/api'],
  'p-limit': ['src/transfer'],
  'cli-progress': ['src/ui'],
  'string-width': ['src/ui'],
  chalk: ['src/ui'],
  commander: ['src/cli', 'src/cli/config'],
  'fastest-levenshtein': ['src/cli'],
  'jsonc-parser': ['src/preflight'],
  mime: ['src/preflight', 'bin'],
  'mime/types/other.js': ['bin'],
  'mime/types/standard.js': ['bin'],
  picomatch: ['src/folder'],
  esbuild: ['bin'],
  marked: ['bin'],
};

const RULES = { table: TABLE, owners: OWNERS };

/** What only the edge may touch: the core speaks in events. */
const EDGE_ONLY = /\bconsole\b|\bprocess\.(exit|exitCode|stdout|stderr)\b/;
const EDGE = ['bin', 'src/cli', 'src/ui'];
const MAX_LINES = 200;

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['bin', 'src'].flatMap((top) =>
  readdirSync(join(PROJECT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => ({
      path: `${top}/${name.replaceAll(sep, '/')}`,
      source: readFileSync(join(PROJECT, top, name), 'utf8'),
    })),
);

describe('the source', () => {
  it('imports only what the table allows', () => {
    expect(FILES.length).toBeGreaterThan(50);
    expect(FILES.flatMap(({ path, source }) => violationsOf(path, source, RULES))).toEqual([]);
  });

  it('has no files that import each other in a circle', () => {
    const edges = FILES.map(({ path, source }) => [path, filesImportedBy(path, source)] as const);
    expect(circleAmong(Object.fromEntries(edges))).toBeUndefined();
  });

  it('loads no network and nothing that writes to look at what is saved', () => {
    for (const name of ['list', 'status', 'prune', 'local-dependencies'])
      expect(packagesReachedFrom(`src/local/${name}.ts`)).toEqual([]);
    expect(packagesReachedFrom('src/upload/uploader.ts')).toContain('p-limit');
  });

  it('loads no command for the help of the program', () => {
    const reached = reachedFrom('src/cli/main.ts');
    expect(reached).toContain('src/cli/command-table.ts');
    expect(reached.filter((path) => path.startsWith('src/cli/commands/'))).toEqual([]);
  });

  it('prints and exits at its edge alone', () => {
    const loud = FILES.filter(({ path }) => !EDGE.includes(unitOf(path))).filter(({ source }) =>
      EDGE_ONLY.test(withoutComments(source)),
    );
    expect(loud.map(({ path }) => path)).toEqual([]);
  });

  it('has no file over 200 lines', () => {
    const long = FILES.filter(({ source }) => source.split('\n').length > MAX_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('is all that the table speaks of', () => {
    const units = new Set(FILES.map(({ path }) => unitOf(path, TABLE)));
    const files = new Set(FILES.map(({ path }) => path));
    const named = TABLE.flatMap(({ who, may }) => [...who, ...may.map((name) => name.replace('type ', ''))]);
    expect(named.filter((name) => !units.has(name) && !files.has(name))).toEqual([]);
  });
});

describe('the checks', () => {
  it.each([
    ['an import of another folder', 'src/plan/a.ts', "import { x } from '../api/x.ts';", 'src/api'],
    [
      'a value where types are allowed',
      'src/plan/a.ts',
      "import { x } from '../model/issue.ts';",
      'src/model',
    ],
    ['an import for its effect', 'src/model/a.ts', "import '../ui/paint.ts';", 'src/ui'],
    ['a re-export', 'src/model/a.ts', "export { x } from '../plan/ranges.ts';", 'src/plan'],
    ['a re-export of everything', 'src/model/a.ts', "export * from '../plan/ranges.ts';", 'src/plan'],
    ['a dynamic import', 'src/ui/a.ts', "const x = await import('../cli/main.ts');", 'src/cli'],
    [
      'an import over several lines',
      'src/api/a.ts',
      "import {\n  a,\n  type B,\n} from '../sessions/x.ts';",
      'src/sessions',
    ],
    ['a worker', 'src/ui/a.ts', "new Worker(new URL('../api/w.js', import.meta.url));", 'src/api'],
    ['a package of another folder', 'src/source/a.ts', "import { request } from 'undici';", 'undici'],
    ['the types of such a package', 'src/source/a.ts', "import type { Agent } from 'undici';", 'undici'],
    ['an unknown package', 'src/source/a.ts', "import pad from 'left-pad';", 'left-pad'],
    ['a folder that is not in the table', 'src/utils/a.ts', '', 'src/utils'],
  ])('find %s', (_, path, source, named) => {
    const found = violationsOf(path, source, RULES);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(path);
    expect(found[0]).toContain(named);
  });

  it('let pass what is allowed, and what only looks like an import', () => {
    const source = `import type { A } from '../model/clock.ts';
import { type B, type C } from '../model/issue.ts';
import { planRanges } from './ranges.ts';
import { open } from 'node:fs/promises';
// import { x } from '../ui/paint.ts';
/* export * from '../cli/main.ts'; */
export const text = 'see https://example.com';`;
    expect(violationsOf('src/plan/a.ts', source, RULES)).toEqual([]);
    expect(importsOf(source).map(({ isTypeOnly }) => isTypeOnly)).toEqual([true, true, false, false]);
  });

  it('name a circle, and find none where there is none', () => {
    expect(circleAmong({ a: ['b'], b: ['c'], c: ['b'] })).toEqual(['b', 'c', 'b']);
    expect(circleAmong({ a: ['b', 'c'], b: ['c'], c: [] })).toBeUndefined();
  });

  it('see the console, the exit and the streams, but not words like them', () => {
    for (const line of [
      'console.log(1)',
      'process.exit(1)',
      'process.stderr.write(x)',
      'process.exitCode = 1',
    ])
      expect(line).toMatch(EDGE_ONLY);
    expect('consoles.log; process.env; subprocess.exits').not.toMatch(EDGE_ONLY);
  });
});

/** The packages that a file loads, or that what it loads does, and so on. */
function packagesReachedFrom(start: string): readonly string[] {
  return reachedFrom(start).filter((specifier) => !/^(node:|src\/)/.test(specifier));
}

/** What is loaded together with a file: the paths of files, and the names of packages. */
function reachedFrom(start: string): readonly string[] {
  const sources = new Map(FILES.map(({ path, source }) => [path, source]));
  const seen = new Set([start]);
  for (const path of seen) {
    for (const { specifier, isTypeOnly, isLater } of importsOf(sources.get(path) ?? '')) {
      if (isTypeOnly || isLater) continue;
      seen.add(specifier.startsWith('.') ? posix.join(path, '..', specifier) : specifier);
    }
  }
  return [...seen];
}
