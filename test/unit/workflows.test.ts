import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { codeBlocks, ROOT, readDocument } from '../helpers/markdown.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly steps?: readonly Step[];
  readonly 'timeout-minutes'?: number;
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(ROOT, '.github/workflows');
const texts = new Map(
  await Promise.all(
    (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  ),
);
const workflows = new Map([...texts].map(([name, text]) => [name, parse(text) as Workflow]));
const jobs = [...workflows].flatMap(([name, { jobs }]) =>
  Object.entries(jobs).map(([id, job]) => [`${name}, ${id}`, job] as const),
);
const workflow = (name: string) => workflows.get(name) ?? { jobs: {} };

describe('the workflows', () => {
  test('are those we know', () => {
    expect([...workflows.keys()].sort()).toEqual(['ci.yml', 'release.yml']);
  });

  test.each([...workflows])(
    '%s grants nothing to all of its jobs, and runs once at a time',
    (_, workflow) => {
      expect(workflow.permissions).toEqual({});
      expect(workflow.concurrency).toBeDefined();
    },
  );

  const documents = ['docs/ci.md', 'docs/fleet.md'];
  test.each([...texts.keys(), ...documents])(
    '%s pins every action to a commit, and says its version',
    async (name) => {
      const blocks = documents.includes(name) ? codeBlocks(await readDocument(name)) : [];
      const yaml = texts.get(name) ?? blocks.map(({ text }) => text).join('\n');
      const uses = [...yaml.matchAll(/\buses: (.*)$/gm)].map(([, value = '']) => value);

      expect(uses.length).toBeGreaterThan(3);
      const isOurs = (value: string) => value.startsWith('./');
      const isPinned = (value: string) => /^[\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(value);
      expect(uses.filter((value) => !isOurs(value) && !isPinned(value))).toEqual([]);
    },
  );

  test.each(jobs)('%s says what it may and how long it may take', (_, job) => {
    expect(job.permissions).toBeDefined();
    if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  test.each(jobs)(
    '%s puts nothing from outside into a script, and leaves no token in the clone',
    (_, job) => {
      for (const { uses = '', run = '', with: inputs } of job.steps ?? []) {
        expect(run).not.toContain('${{');
        if (uses.startsWith('actions/checkout@'))
          expect(inputs).toMatchObject({ 'persist-credentials': false });
      }
    },
  );

  test('know no secret: npm knows the publisher, without a token', () => {
    expect([...texts.values()].join('\n')).not.toMatch(/\bsecrets\.|NPM_TOKEN|NODE_AUTH_TOKEN/);
  });
});

describe('ci.yml', () => {
  test('has a job that holds for all the others', () => {
    const { ci, ...others } = workflow('ci.yml').jobs;

    expect(ci).toMatchObject({ if: 'always()', needs: Object.keys(others) });
  });
});

describe('release.yml', () => {
  const { gate, pack, executables, attest, publish, announce } = workflow('release.yml').jobs;

  test('does what ci does, then packs and makes executables, then publishes, then announces', () => {
    expect(gate?.uses).toBe('./.github/workflows/ci.yml');
    expect([pack?.needs, executables?.needs, attest?.needs]).toEqual(['gate', 'gate', 'executables']);
    // npm takes nothing back.
    expect(publish?.needs).toEqual(['pack', 'attest']);
    expect(announce?.needs).toBe('publish');
    expect(pack?.steps?.map(({ run }) => run).join('\n')).toContain('release:notes');
  });

  test('lets only three jobs speak for the repository, and they run none of our code', () => {
    const mayWrite = jobs.filter(([, { permissions }]) => Object.values(permissions ?? {}).includes('write'));

    expect(mayWrite.map(([name, { permissions }]) => [name, permissions])).toEqual([
      ['release.yml, attest', { 'id-token': 'write', attestations: 'write' }],
      ['release.yml, publish', { 'id-token': 'write' }],
      ['release.yml, announce', { contents: 'write' }],
    ]);
    expect(publish?.environment).toBe('npm');
    const steps = [attest, publish, announce].flatMap((job) => job?.steps ?? []);
    expect(steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))).toEqual([]);
    expect(steps.map(({ run = '' }) => run).join('\n')).toMatch(
      /npm publish .*--provenance .*--ignore-scripts/,
    );
  });
});
