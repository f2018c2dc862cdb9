import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  circleAmong,
  type ImportRules,
  importsOf,
  unitOf,
  unitsImportedBy,
  violationsOf,
  withoutComments,
} from '../helpers/import-rules.ts';

/** Who may import whom. `type` before a name: its types only. docs/architecture.md shows the same in words. */
const RULES: ImportRules = {
  mayImport: {
    bin: ['src/cli'],
    // The configuration is the command line's own: nothing else may read it.
    'src/cli': ['src/index.ts', 'src/ui', 'src/config'],
    'src/ui': ['src/model'],

    'src/index.ts': [
      'src/push.ts',
      'src/push-data.ts',
      'src/push-split.ts',
      'src/plan-split.ts',
      'src/resume.ts',
      'src/cancel.ts',
      'src/uploader.ts',
      'src/check.ts',
      'src/dry-run.ts',
      'src/plan',
      'src/dependencies.ts',
      'src/look.ts',
      'src/options.ts',
      'src/check-options.ts',
      'src/connection-from-environment.ts',
      'src/version.ts',
      'src/model',
    ],
    'src/push.ts': [
      'src/resume.ts',
      'src/steps',
      'type src/options.ts',
      'src/model',
      'type src/dependencies.ts',
    ],
    'src/push-data.ts': [
      'src/resume.ts',
      'src/steps',
      'src/check-options.ts',
      'src/model',
      'type src/sessions',
      'type src/options.ts',
      'type src/dependencies.ts',
    ],
    'src/push-split.ts': [
      'src/push.ts',
      'src/steps',
      'src/split',
      'src/dependencies.ts',
      'src/check-options.ts',
      'src/model',
      'type src/options.ts',
    ],
    'src/plan-split.ts': [
      'src/check-options.ts',
      'src/local-dependencies.ts',
      'src/steps',
      'src/split',
      'src/model',
      'type src/options.ts',
    ],
    'src/resume.ts': [
      'src/steps',
      'src/model',
      'type src/sessions',
      'type src/options.ts',
      'type src/dependencies.ts',
    ],
    'src/cancel.ts': [
      'src/steps',
      'src/model',
      'type src/sessions',
      'type src/options.ts',
      'type src/dependencies.ts',
    ],
    'src/uploader.ts': [
      'src/push.ts',
      'src/push-data.ts',
      'src/resume.ts',
      'src/dependencies.ts',
      'src/model',
      'type src/options.ts',
    ],
    'src/look.ts': ['src/list.ts', 'src/status.ts', 'src/prune.ts', 'src/local-dependencies.ts'],
    'src/list.ts': ['src/steps', 'src/model', 'type src/local-dependencies.ts'],
    'src/status.ts': ['src/steps', 'src/model', 'type src/local-dependencies.ts'],
    'src/prune.ts': ['src/steps', 'src/model', 'type src/options.ts', 'type src/local-dependencies.ts'],
    'src/dry-run.ts': ['src/steps', 'src/model', 'type src/options.ts', 'type src/local-dependencies.ts'],
    'src/check.ts': ['src/steps', 'src/model', 'src/system-clock.ts', 'type src/options.ts'],
    'src/steps': [
      'src/source',
      'src/preflight',
      'src/plan',
      'src/checksum',
      'src/transfer',
      'src/sessions',
      'src/split',
      'src/options.ts',
      'src/model',
      'type src/dependencies.ts',
      'type src/local-dependencies.ts',
    ],
    'src/dependencies.ts': [
      'src/api',
      'src/sessions',
      'src/checksum',
      'src/source',
      'src/transfer',
      'src/options.ts',
      'src/system-clock.ts',
      'src/version.ts',
      'src/model',
    ],
    'src/local-dependencies.ts': [
      'src/api',
      'src/sessions',
      'src/options.ts',
      'src/system-clock.ts',
      'src/model',
    ],
    'src/system-clock.ts': ['src/model'],
    'src/options.ts': ['src/model'],
    'src/check-options.ts': ['src/api', 'src/options.ts', 'src/plan', 'src/model'],
    'src/connection-from-environment.ts': ['src/options.ts', 'src/model'],
    'src/version.ts': [],

    'src/api': ['src/model'],
    'src/checksum': ['src/model', 'src/plan'],
    'src/config': ['src/storage', 'src/model'],
    'src/preflight': ['src/model'],
    'src/sessions': ['src/storage', 'src/model', 'src/plan'],
    'src/source': ['src/model', 'src/plan'],
    'src/split': ['src/plan', 'src/preflight', 'src/checksum', 'src/model'],
    'src/storage': ['src/model'],
    'src/transfer': ['src/model', 'src/plan'],
    'src/plan': ['type src/model'],
    'src/model': [],
  },
  packageOwners: {
    undici: 'src/api',
    'p-limit': 'src/transfer',
    conf: 'src/storage',
    'cli-progress': 'src/ui',
    'string-width': 'src/ui',
    chalk: 'src/ui',
    commander: 'src/cli',
    'fastest-levenshtein': 'src/cli',
    mime: 'src/preflight',
    esbuild: 'bin',
  },
};

/** What only the edge may touch: the core speaks in events. */
const EDGE_ONLY = /\bconsole\b|\bprocess\.(exit|exitCode|stdout|stderr)\b/;
const EDGE = ['bin', 'src/cli', 'src/ui'];
const MOST_LINES = 200;

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['bin', 'src'].flatMap((top) =>
  readdirSync(join(PROJECT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => ({
      path: `${top}/${name}`,
      source: readFileSync(join(PROJECT, top, name), 'utf8'),
    })),
);

describe('the source', () => {
  it('imports only what the table allows', () => {
    expect(FILES.length).toBeGreaterThan(50);
    expect(FILES.flatMap(({ path, source }) => violationsOf(path, source, RULES))).toEqual([]);
  });

  it('goes in no circle', () => {
    const edges: Record<string, string[]> = {};
    for (const { path, source } of FILES) {
      const unit = unitOf(path);
      edges[unit] = [...(edges[unit] ?? []), ...unitsImportedBy(path, source)];
    }
    expect(circleAmong(edges)).toBeUndefined();
  });

  it('loads no network and nothing that writes to look at what is saved', () => {
    expect(packagesReachedFrom('src/look.ts')).toEqual([]);
    expect(packagesReachedFrom('src/uploader.ts')).toContain('p-limit');
  });

  it('prints and exits at its edge alone', () => {
    const loud = FILES.filter(({ path }) => !EDGE.includes(unitOf(path))).filter(({ source }) =>
      EDGE_ONLY.test(withoutComments(source)),
    );
    expect(loud.map(({ path }) => path)).toEqual([]);
  });

  it('has no file over 200 lines', () => {
    const long = FILES.filter(({ source }) => source.split('\n').length > MOST_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('is all that the table speaks of', () => {
    const units = new Set(FILES.map(({ path }) => unitOf(path)));
    expect(Object.keys(RULES.mayImport).filter((unit) => !units.has(unit))).toEqual([]);
  });
});

describe('the checks', () => {
  it.each([
    ['an import of another folder', 'src/plan/a.ts', "import { x } from '../api/x.ts';", 'src/api'],
    ['a value where types are allowed', 'src/steps/a.ts', "import { x } from '../dependencies.ts';", 'dep'],
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
    const source = `import type { A } from '../dependencies.ts';
import { type B, type C } from '../dependencies.ts';
import { planRanges } from '../plan/ranges.ts';
import { open } from 'node:fs/promises';
// import { x } from '../ui/paint.ts';
/* export * from '../cli/main.ts'; */
export const text = 'see https://example.com';`;
    expect(violationsOf('src/steps/a.ts', source, RULES)).toEqual([]);
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
  const sources = new Map(FILES.map(({ path, source }) => [path, source]));
  const seen = new Set([start]);
  const packages = new Set<string>();
  for (const path of seen) {
    for (const { specifier, isTypeOnly, isLater } of importsOf(sources.get(path) ?? '')) {
      if (isTypeOnly || isLater || specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) seen.add(join(path, '..', specifier));
      else packages.add(specifier);
    }
  }
  return [...packages];
}
